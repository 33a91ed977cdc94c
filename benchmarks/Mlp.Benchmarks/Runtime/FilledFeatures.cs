using Mlp.Runtime.Data;

namespace Mlp.Benchmarks.Runtime;

/// <summary>A feature service of two keys, whose features all have the value of the first key.</summary>
/// <param name="count">Number of features.</param>
internal sealed class FilledFeatures(int count) : IFeatureSource, IFeatureServiceReader
{
    public FeatureServiceDescription Description { get; } = new(
        "service",
        1,
        new string('0', 64),
        [new KeyColumn("area", EntityValueKind.Int64), new KeyColumn("company", EntityValueKind.String)],
        new FeatureRowLayout([.. Enumerable.Range(0, count).Select(i => new FeatureColumn($"f{i}", FeatureType.Float32, "view"))]));

    public IFeatureServiceReader? FindService(string name, int? version = null) => this;

    public RequestFeatureWriter<TRequest>? FindRequestWriter<TRequest>() => null;

    public ValueTask ReadAsync(ReadOnlyMemory<EntityValue> keys, long asOf, FeatureRows destination, int firstRow, int rowCount, CancellationToken cancellationToken = default)
    {
        for (var row = 0; row < rowCount; row++)
        {
            destination.Float32Of(firstRow + row).Fill(keys.Span[2 * row].AsInt64());
            destination.StatusOf(firstRow + row).Fill(FeatureStatus.Present);
        }

        return default;
    }

    public ValueTask ReadAsync(
        ReadOnlyMemory<EntityValue> keys, ReadOnlyMemory<long> asOf, FeatureRows destination, int firstRow, int rowCount, CancellationToken cancellationToken = default)
        => ReadAsync(keys, 0L, destination, firstRow, rowCount, cancellationToken);
}
