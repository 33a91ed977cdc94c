using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Runtime.Data;

namespace Mlp.CrashChild;

/// <summary>
/// Joins labels to many feature rows with little memory for DuckDB: <c>narrow-join FOLDER FEATURE_ROWS LABELS LIMIT</c>. Prints the content hash and the peak of the resident memory in MiB of the process. With the word
/// <c>ingest</c> in front it makes the rows instead.
/// </summary>
internal sealed class NarrowJoinScenario : ICrashScenario
{
    private const int Entities = 20_000;
    private const long Start = 1_767_225_600_000_000;

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder()
        .Add(Enumerable.Range(0, 8).Aggregate(
            new FeatureViewBuilder("stats").Key("id", EntityValueKind.Int64).EventTime("e").CreatedTimeEqualsEventTime(), (view, f) => view.Feature(NameOf(f), FeatureType.Float32)).Build())
        .AddService("all", 1, s => s.From("stats", 1))
        .Build();

    public string Name => "narrow-join";

    public async Task RunAsync(IReadOnlyList<string> arguments, Action<string> acknowledge)
    {
        if (arguments[0] == "ingest")
        {
            var rows = Number(arguments[2]);
            await FeatureStore.Open(arguments[1], Catalog).IngestAsync("stats", Rows(rows));
            return;
        }

        var options = new FeatureStoreOptions { DuckDbMemoryLimitBytes = Number(arguments[3]), DuckDbThreads = 2, TrainingSetMemoryBytes = 0 };
        var store = FeatureStore.Open(arguments[0], Catalog, options: options);
        using var set = await store.CreateTrainingSetAsync("all", Labels(Number(arguments[2]), Number(arguments[1])), "t");
        acknowledge(set.Manifest.ContentHash);
        var peak = File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        acknowledge((Number(peak.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1]) / 1024).ToString(CultureInfo.InvariantCulture));
    }

    private static string NameOf(int field) => string.Create(CultureInfo.InvariantCulture, $"f{field}");

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static async IAsyncEnumerable<RecordBatch> Rows(long count)
    {
        for (long first = 0; first < count; first += 100_000)
        {
            var numbers = Enumerable.Range(0, (int)Math.Min(100_000, count - first)).Select(i => first + i).ToList();
            var batch = new RecordBatch.Builder()
                .Append("id", true, new Int64Array.Builder().AppendRange(numbers.Select(i => i * 7919 % Entities)).Build())
                .Append("e", true, new Int64Array.Builder().AppendRange(numbers.Select(i => Start + (i * 1000))).Build());
            for (var f = 0; f < 8; f++)
            {
                var seed = f;
                batch.Append(NameOf(f), true, new FloatArray.Builder().AppendRange(numbers.Select(i => (float)((i * 31 % 1_000_003) + seed))).Build());
            }

            using var rows = batch.Build();
            yield return rows;
        }

        await Task.CompletedTask;
    }

    private static async IAsyncEnumerable<RecordBatch> Labels(long count, long featureRows)
    {
        for (long first = 0; first < count; first += 50_000)
        {
            var numbers = Enumerable.Range(0, (int)Math.Min(50_000, count - first)).Select(i => first + i).ToList();
            using var rows = new RecordBatch.Builder()
                .Append("id", true, new Int64Array.Builder().AppendRange(numbers.Select(i => i * 104_729 % Entities)).Build())
                .Append("t", true, new Int64Array.Builder().AppendRange(numbers.Select(i => Start + (i * 611_953 % (featureRows * 1000)))).Build())
                .Build();
            yield return rows;
        }

        await Task.CompletedTask;
    }
}
