using Apache.Arrow;
using Mlp.Features;
using Mlp.Features.Joins;
using Mlp.Runtime.Data;
using Mlp.Spark.Connect;
using Mlp.Spark.Joins;
using Mlp.Spark.Tests.Connect;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Joins;

/// <summary>Point-in-time joins on a real server against DuckDB's of the same rows, the same on every version.</summary>
public abstract class SparkJoinQueryTests(SparkServer server) : IDisposable
{
    private readonly TempDirectory _temp = new();

    // 10,000 rows; MLP_ROUNDS=500 makes a million.
    private static readonly int RowCount = 2_000 * TestRounds.Count;

    [SparkFact]
    public async Task Join_GoldenCases_GivesFeastsAnswersAndWhatWasKnown()
    {
        var store = await FeastCases.IngestAsync(_temp.FullName);
        await using var session = await server.ConnectAsync();
        var questions = FeastCases.Questions();
        foreach (var mode in new[] { JoinMode.EventTime, JoinMode.CreatedTime })
        {
            var joined = session.PointInTimeJoin(store, "both", session.FromBatches(questions.Schema, questions), "at", new SparkJoinOptions { Mode = mode });

            Assert.Equal(FeastCases.Answers(mode), FeastCases.Read(await CollectedRows.OfAsync(joined.OrderBy("row"))));
        }
    }

    [SparkTheory]
    [InlineData(JoinMode.EventTime, "all", new[] { "area" })]
    [InlineData(JoinMode.CreatedTime, "all", new[] { "area" })]
    [InlineData(JoinMode.CreatedTime, "twice", new[] { "area", "left_area", "right_area" })]
    public async Task Join_RandomRows_EqualsDuckDb(JoinMode mode, string service, string[] areas)
    {
        var store = FeatureStore.Open(_temp.FullName, RandomHistory.Catalog);
        await RandomHistory.IngestAsync(store, RowCount, seed: 1);
        using var questions = RandomHistory.Questions(RowCount, seed: 2, areas);
        using var expected = await store.CreateTrainingSetAsync(service, questions, "t", "label", new TrainingSetOptions { Mode = mode });
        await expected.SaveAsync(_temp.Combine("expected"));
        await using var session = await server.ConnectAsync();
        await session.Settings.SetAsync("spark.sql.session.timeZone", "America/New_York");
        var entities = session.Read.Parquet([.. Directory.EnumerateFiles(_temp.Combine("expected"), "*.parquet")]).Select([.. questions.Schema.FieldsList.Select(f => SparkColumn.Named(f.Name))]);

        var joined = session.PointInTimeJoin(store, service, entities, "t", new SparkJoinOptions { Mode = mode });

        var names = (await joined.GetSchemaAsync()).FieldsList.Select(f => f.Name);
        Assert.Equal(expected.Schema.FieldsList.Select(f => f.Name), names);
        var count = 0;
        await using var found = RowTexts.StreamAsync(joined.OrderBy("id").CollectAsync()).GetAsyncEnumerator();
        await foreach (var row in RowTexts.StreamAsync(expected.ReadAsync()))
        {
            Assert.True(await found.MoveNextAsync(), $"Spark gave {count} rows.");
            Assert.Equal(row, found.Current);
            count++;
        }

        Assert.False(await found.MoveNextAsync());
        Assert.Equal(RowCount, count);
    }

    public void Dispose()
    {
        _temp.Dispose();
        GC.SuppressFinalize(this);
    }
}
