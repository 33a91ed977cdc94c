using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Joins;
using Mlp.Runtime.Data;

namespace Mlp.Benchmarks.Features.Joins;

/// <summary>
/// Reads the last ten values of entities, each before a hundred times spread over its history. What was in force by event time is the baseline, as its rows are numbered once; what was known then must not cost a look
/// at all rows of the entity for every row of the question. One row in twenty became known late.
/// </summary>
[MemoryDiagnoser]
[Config(typeof(InThisProcess))]
public class HistoryBenchmarks
{
    private const int Asks = 100;

    private readonly string _folder = Directory.CreateTempSubdirectory("mlp-history-").FullName;
    private FeatureStore _store = null!;
    private List<Ask> _question = null!;

    /// <summary>Number of rows of each entity.</summary>
    [Params(1_000, 100_000)]
    public int Rows { get; set; }

    /// <summary>Number of entities.</summary>
    [Params(1, 10)]
    public int Entities { get; set; }

    [GlobalSetup]
    public async Task SetupAsync()
    {
        var catalog = new FeaturesBuilder().Add(new FeatureViewBuilder("history").Key("id", EntityValueKind.Int64).EventTime("e").CreatedTime("c")
            .Feature("f", FeatureType.Float32).Feature("n", FeatureType.Int64).Feature("s", FeatureType.String).Build()).Build();
        _store = FeatureStore.Open(_folder, catalog);
        await _store.IngestSqlAsync(
            "history",
            FormattableString.Invariant($"SELECT id, to_timestamp(i) AS e, to_timestamp(i + CASE WHEN hash(i, id) % 20 = 0 THEN 50 ELSE 0 END) AS c, (i / 2)::FLOAT AS f, i::BIGINT AS n, 'x' || i AS s FROM (SELECT range AS id, unnest(range({Rows})) AS i FROM range({Entities}))"),
            new Dictionary<string, SqlSource>());
        _question = [.. from id in Enumerable.Range(0, Entities) from ask in Enumerable.Range(1, Asks) select new Ask(id, DateTimeOffset.UnixEpoch.AddSeconds((long)Rows * ask / Asks))];
    }

    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(_folder, recursive: true);

    [Benchmark(Baseline = true)]
    public Task<long> EventTime() => ReadAsync(JoinMode.EventTime);

    [Benchmark]
    public Task<long> CreatedTime() => ReadAsync(JoinMode.CreatedTime);

    private async Task<long> ReadAsync(JoinMode mode)
    {
        var rows = 0L;
        await foreach (var batch in _store.ReadHistoryAsync("history", _question, new FeatureHistoryOptions { TimeColumn = "at", Mode = mode }))
        {
            using (batch)
            {
                rows += batch.Length;
            }
        }

        return rows;
    }

    private sealed record Ask(long Id, DateTimeOffset At);

    /// <summary>The natives of the other libraries are 450 MB to copy for a process of its own.</summary>
    private sealed class InThisProcess : ManualConfig
    {
        public InThisProcess() => AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
    }
}
