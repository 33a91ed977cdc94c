using System.Globalization;
using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Joins;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Joins;

/// <summary>The 22 questions that Feast 0.67's DuckDB engine was asked, and the one that it cannot answer: what was known then.</summary>
public sealed class FeastGoldenTests : IDisposable
{
    private const string Golden = "golden/features/feast_pit_duckdb.csv";
    private readonly TempDirectory _temp = new();

    [ReferenceDataFact(Golden)]
    public async Task EventTimeMode_GivesFeastsAnswers()
    {
        var store = await IngestAsync();
        var (questions, expected) = ReadGolden();
        using var set = await store.CreateTrainingSetAsync("both", questions, "at");

        Assert.Equal(expected, await ReadAsync(set));
    }

    // Row 18 asks for driver 3 on 2 January; the correction was created on 4 January. Rows 1 and 2 (and the like) ask before or after the created time of their row.
    [ReferenceDataFact(Golden)]
    public async Task CreatedTimeMode_GivesWhatWasKnownThen()
    {
        var store = await IngestAsync();
        var (questions, expected) = ReadGolden();
        using var set = await store.CreateTrainingSetAsync("both", questions, "at", options: new() { Mode = JoinMode.CreatedTime });

        var known = expected.ToList();
        known[1] = new Answer(null, null, null, null);              // created one second after the question
        known[3] = new Answer(1f, "a", 1f, "a");                    // both rows of 2 January are not known yet
        known[4] = new Answer(2f, "b", 2f, "b");                    // at 03:00 the correction of 06:00 is not known
        known[7] = new Answer(null, null, 2.5f, "b2");              // the row of 5 January is created a second later; the one before has expired
        known[10] = new Answer(null, null, null, "c");              // likewise on 9 January
        known[17] = new Answer(3.5f, "early-created", 3.5f, "early-created");
        known[18] = new Answer(3.5f, "early-created", 3.5f, "early-created");
        Assert.Equal(known, await ReadAsync(set));
    }

    public void Dispose() => _temp.Dispose();

    private static FeatureViewDefinition View(string name, TimeSpan timeToLive) => new FeatureViewBuilder(name)
        .Key("driver_id", EntityValueKind.Int64).EventTime("event_timestamp").CreatedTime("created").TimeToLive(timeToLive)
        .Feature("f", FeatureType.Float32).Feature("s", FeatureType.String).Build();

    private async Task<FeatureStore> IngestAsync()
    {
        var catalog = new FeaturesBuilder()
            .Add(View("ttl2d", TimeSpan.FromDays(2))).Add(View("nottl", TimeSpan.Zero))
            .AddService("both", 1, s => s.From("ttl2d", 1).As("ttl2d").From("nottl", 1).As("nottl"))
            .Build();
        var store = FeatureStore.Open(_temp.FullName, catalog);

        // In this file an empty text is a value.
        var options = new CsvIngestOptions { NullText = "<null>" };
        foreach (var view in new[] { "ttl2d", "nottl" })
        {
            var result = await store.IngestCsvAsync(view, ReferenceData.Find("golden/features/feast_pit_source.csv")!, options);
            Assert.Equal(10, result.RowCount);
        }

        return store;
    }

    private static (List<Question> Questions, List<Answer> Answers) ReadGolden()
    {
        var questions = new List<Question>();
        var answers = new List<Answer>();
        foreach (var line in File.ReadLines(ReferenceData.Find(Golden)!).Skip(1))
        {
            var cells = line.Split(',');
            questions.Add(new Question(
                long.Parse(cells[1], CultureInfo.InvariantCulture), DateTimeOffset.Parse(cells[2], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)));
            answers.Add(new Answer(Number(cells[3]), Text(cells[4]), Number(cells[5]), Text(cells[6])));
        }

        Assert.Equal(22, questions.Count);
        return (questions, answers);

        static string? Text(string cell) => cell == "<null>" ? null : cell;
        static float? Number(string cell) => cell == "<null>" ? null : float.Parse(cell, CultureInfo.InvariantCulture);
    }

    private static async Task<List<Answer>> ReadAsync(JoinedTrainingSet set)
    {
        var answers = new List<Answer>();
        await foreach (var batch in set.ReadAsync())
        {
            for (var row = 0; row < batch.Length; row++)
            {
                answers.Add(new Answer(Float("ttl2d_f"), Text("ttl2d_s"), Float("nottl_f"), Text("nottl_s")));

                float? Float(string column) => ((FloatArray)batch.Column(column)).GetValue(row);
                string? Text(string column) => ((StringArray)batch.Column(column)).GetString(row);
            }
        }

        return answers;
    }

    private sealed record Question(long DriverId, DateTimeOffset At);

    private sealed record Answer(float? TtlF, string? TtlS, float? F, string? S);
}
