using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Runtime.Data;
using Mlp.Spark.Tests.Connect;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Joins;

/// <summary>The 22 questions that Feast 0.67 was asked on DuckDB, with its answers.</summary>
internal static class FeastCases
{
    private const string Golden = "golden/features/feast_pit_duckdb.csv";
    private const string Source = "golden/features/feast_pit_source.csv";

    public static FeatureCatalog Catalog { get; } = new FeaturesBuilder()
        .Add(View("ttl2d", TimeSpan.FromDays(2))).Add(View("nottl", TimeSpan.Zero))
        .AddService("both", 1, s => s.From("ttl2d", 1).As("ttl2d").From("nottl", 1).As("nottl"))
        .Build();

    public static async Task<FeatureStore> IngestAsync(string path)
    {
        var store = FeatureStore.Open(path, Catalog);
        foreach (var view in Catalog.Views)
        {
            // In this file an empty text is a value.
            await store.IngestCsvAsync(view.Name, ReferenceData.Find(Source)!, new CsvIngestOptions { NullText = "<null>" });
        }

        return store;
    }

    public static RecordBatch Questions()
    {
        var lines = Lines();
        var times = new Int64Array.Builder().AppendRange(lines.Select(cells => (DateTimeOffset.Parse(cells[2], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond)).Build();
        var time = new TimestampType(TimeUnit.Microsecond, "UTC");
        return new RecordBatch(
            new Schema([new Field("row", Int64Type.Default, false), new Field("driver_id", Int64Type.Default, true), new Field("at", time, true)], null),
            [
                new Int64Array.Builder().AppendRange(Enumerable.Range(0, lines.Count).Select(i => (long)i)).Build(),
                new Int64Array.Builder().AppendRange(lines.Select(cells => long.Parse(cells[1], CultureInfo.InvariantCulture))).Build(),
                new TimestampArray(new ArrayData(time, times.Length, 0, 0, times.Data.Buffers)),
            ],
            lines.Count);
    }

    /// <summary>What is right: in event-time mode Feast's answers; in created-time mode what was known then, which Feast cannot say.</summary>
    public static IEnumerable<(float? TtlF, string? TtlS, float? F, string? S)> Answers(JoinMode mode)
    {
        var answers = Lines().ConvertAll(cells => (Number(cells[3]), Text(cells[4]), Number(cells[5]), Text(cells[6])));
        if (mode == JoinMode.CreatedTime)
        {
            answers[1] = (null, null, null, null);                                  // created one second after the question
            answers[3] = (1f, "a", 1f, "a");                                        // both rows of 2 January are not known yet
            answers[4] = (2f, "b", 2f, "b");                                        // at 03:00 the correction of 06:00 is not known
            answers[7] = (null, null, 2.5f, "b2");                                  // the row of 5 January is created a second later; the one before has expired
            answers[10] = (null, null, null, "c");                                  // likewise on 9 January
            answers[17] = (3.5f, "early-created", 3.5f, "early-created");
            answers[18] = (3.5f, "early-created", 3.5f, "early-created");
        }

        return answers;

        static string? Text(string cell) => cell == "<null>" ? null : cell;
        static float? Number(string cell) => cell == "<null>" ? null : float.Parse(cell, CultureInfo.InvariantCulture);
    }

    public static IEnumerable<(float? TtlF, string? TtlS, float? F, string? S)> Read(CollectedRows rows) => rows.Batches.SelectMany(batch => Enumerable.Range(0, batch.Length).Select(row => (
        ((FloatArray)batch.Column("ttl2d_f")).GetValue(row),
        (string?)((StringArray)batch.Column("ttl2d_s")).GetString(row),
        ((FloatArray)batch.Column("nottl_f")).GetValue(row),
        (string?)((StringArray)batch.Column("nottl_s")).GetString(row))));

    private static List<string[]> Lines() => [.. File.ReadLines(ReferenceData.Find(Golden)!).Skip(1).Select(line => line.Split(','))];

    private static FeatureViewDefinition View(string name, TimeSpan timeToLive) => new FeatureViewBuilder(name)
        .Key("driver_id", EntityValueKind.Int64).EventTime("event_timestamp").CreatedTime("created").TimeToLive(timeToLive)
        .Feature("f", FeatureType.Float32).Feature("s", FeatureType.String).Build();
}
