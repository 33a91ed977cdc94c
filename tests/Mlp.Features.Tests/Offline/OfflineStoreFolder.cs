using Microsoft.Extensions.Time.Testing;
using Mlp.CrashChild;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Offline;

/// <summary>A store of ingested rows in a folder of its own.</summary>
public abstract class OfflineStoreFolder : IDisposable
{
    private protected static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private protected static readonly FeatureViewDefinition View = FeatureViewDefinition.FromRecord<IngestedRow>();

    private protected TempDirectory Temp { get; } = new();
    private protected FakeTimeProvider Time { get; } = new(Noon);

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Temp.Dispose();
    }

    private protected static FeatureCatalog Serviced() => new FeaturesBuilder().Add<IngestedRow>().AddService("ingested-service", 1, s => s.From<IngestedRow>()).Build();

    private protected static FeatureCatalog Catalog() => new FeaturesBuilder().Add<IngestedRow>().Build();

    private protected static IEnumerable<IngestedRow> Rows(int batch, int count) => Enumerable.Range(0, count).Select(i => new IngestedRow(i, Noon.AddMinutes(i), batch, "text"));

    private protected FeatureStore Open() => FeatureStore.Open(Temp.FullName, Catalog(), time: Time);

    private protected List<string> AllFiles() => [.. Directory.EnumerateFiles(Path.Combine(Temp.FullName, "features", "offline"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private protected sealed record Question(long Id, DateTimeOffset At);
}
