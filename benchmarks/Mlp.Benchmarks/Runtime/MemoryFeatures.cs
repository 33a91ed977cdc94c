using Mlp.Runtime.Data;

namespace Mlp.Benchmarks.Runtime;

/// <summary>A feature service of one text key, whose rows lie in memory.</summary>
/// <typeparam name="T">The request.</typeparam>
internal sealed class MemoryFeatures<T> : IFeatureSource, IFeatureServiceReader
{
    private readonly Dictionary<string, float[]> _rows;
    private readonly object _writer;

    public MemoryFeatures(int featureCount, RequestFeatureWriter<T> writer)
    {
        _writer = writer;
        _rows = new Dictionary<string, float[]> { ["Flash Cab"] = [.. Enumerable.Range(0, featureCount).Select(i => i / 100f)] };
        var columns = Enumerable.Range(0, featureCount).Select(i => new FeatureColumn($"f{i}", FeatureType.Float32, "view")).ToArray();
        Description = new FeatureServiceDescription(
            "service", 1, new string('0', 64), [new KeyColumn("company", EntityValueKind.String)], new FeatureRowLayout(columns));
    }

    public FeatureServiceDescription Description { get; }

    public IFeatureServiceReader? FindService(string name, int? version = null) => this;

    public RequestFeatureWriter<TRequest>? FindRequestWriter<TRequest>() => _writer as RequestFeatureWriter<TRequest>;

    public ValueTask ReadAsync(ReadOnlyMemory<EntityValue> keys, long asOf, FeatureRows destination, int firstRow, int rowCount, CancellationToken cancellationToken = default)
    {
        var keySpan = keys.Span;
        for (var i = 0; i < rowCount; i++)
        {
            if (_rows.TryGetValue(keySpan[i].AsString(), out var row))
            {
                row.CopyTo(destination.Float32Of(firstRow + i));
                destination.StatusOf(firstRow + i).Fill(FeatureStatus.Present);
            }
        }

        return default;
    }

    public ValueTask ReadAsync(
        ReadOnlyMemory<EntityValue> keys, ReadOnlyMemory<long> asOf, FeatureRows destination, int firstRow, int rowCount, CancellationToken cancellationToken = default)
        => ReadAsync(keys, 0, destination, firstRow, rowCount, cancellationToken);
}
