using Microsoft.Extensions.Time.Testing;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Tests.Materialization;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Offline;

/// <summary>A store of measured rows to compact, in a folder of its own.</summary>
public abstract class CompactedStore : IDisposable
{
    private protected static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private protected static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Measured>().AddService("svc", 1, s => s.From<Measured>()).Build();
    private protected static readonly FeatureViewDefinition View = FeatureViewDefinition.FromRecord<Measured>();

    private protected TempDirectory Temp { get; } = new();
    private protected FakeTimeProvider Time { get; } = new(Noon);

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Temp.Dispose();
    }

    private protected FeatureStore Open(TempDirectory temp, FeatureStoreOptions? options = null) => FeatureStore.Open(temp.FullName, Catalog, options: options, time: Time);

    private protected List<string> DataFiles() => [.. Directory.EnumerateFiles(Temp.Combine("features", "offline"), "*.parquet", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private protected static Measured Row(string name, DateTimeOffset at, long number) => new(name, 1, at, at, number, 1, 1, "x", true);

    [FeatureView("measured", TimeToLive = "2.00:00:00")]
    public sealed record Measured(
        [EntityKey] string? Name,
        [EntityKey] long? Id,
        [EventTimestamp] DateTimeOffset At,
        [CreatedTimestamp] DateTimeOffset KnownAt,
        [Feature] long Number,
        [Feature] float? Value,
        [Feature] double Exact,
        [Feature] string? Text,
        [Feature] bool? Flag);
}
