using Mlp.Runtime.Data;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>A feature service in memory: answers at once and without allocation, or when the test says so.</summary>
internal sealed class TestFeatures : IFeatureSource, IFeatureServiceReader
{
    public const string Fingerprint = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    private readonly Dictionary<Type, object> _writers = [];

    public TestFeatures(IReadOnlyList<FeatureColumn> columns, params KeyColumn[] keys)
        => Description = new FeatureServiceDescription("trips", 1, Fingerprint, keys, new FeatureRowLayout(columns));

    public FeatureServiceDescription Description { get; set; }

    /// <summary>Writes the stored features of a row; by default the key and the time, as far as there are float32 features.</summary>
    public Action<ReadOnlyMemory<EntityValue>, long, FeatureRows> Write { get; set; } = static (_, _, rows) =>
    {
        rows.Float32.Fill(1);
        rows.Status.Fill(FeatureStatus.Present);
    };

    /// <summary>Makes a read wait for this.</summary>
    public Func<CancellationToken, Task>? Pending { get; set; }

    public static TestFeatures Floats(int count)
        => new([.. Enumerable.Range(0, count).Select(i => new FeatureColumn($"f{i}", FeatureType.Float32, "view"))], new KeyColumn("company", EntityValueKind.String));

    public TestFeatures WithRequest<TRequest>(RequestFeatureWriter<TRequest> writer)
    {
        _writers[typeof(TRequest)] = writer;
        return this;
    }

    public IFeatureServiceReader? FindService(string name, int? version = null)
        => name == Description.Name && (version ?? Description.Version) == Description.Version ? this : null;

    public ValueTask ReadAsync(ReadOnlyMemory<EntityValue> keys, long asOf, FeatureRows destination, int firstRow, int rowCount, CancellationToken cancellationToken = default)
    {
        Assert.Same(Description.Layout, destination.Layout);
        Assert.True(firstRow == 0 && rowCount == destination.RowCount);
        if (Pending is { } pending)
        {
            return new ValueTask(WaitAsync(pending(cancellationToken), keys, asOf, destination));
        }

        Write(keys, asOf, destination);
        return default;
    }

    public ValueTask ReadAsync(
        ReadOnlyMemory<EntityValue> keys, ReadOnlyMemory<long> asOf, FeatureRows destination, int firstRow, int rowCount, CancellationToken cancellationToken = default)
        => ReadAsync(keys, Assert.Single(asOf.ToArray()), destination, firstRow, rowCount, cancellationToken);

    public RequestFeatureWriter<TRequest>? FindRequestWriter<TRequest>() => (RequestFeatureWriter<TRequest>?)_writers.GetValueOrDefault(typeof(TRequest));

    private async Task WaitAsync(Task pending, ReadOnlyMemory<EntityValue> keys, long asOf, FeatureRows destination)
    {
        await pending;
        Write(keys, asOf, destination);
    }
}
