using System.Reflection;
using Mlp.Features;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.Runtime.Data;
using Mlp.Spark.Connect;
using Mlp.Spark.Joins;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Joins;

/// <summary>On-demand features behind a join on a real server, the same on every version.</summary>
public abstract class SparkOnDemandJoinQueryTests(SparkServer server) : IDisposable
{
    private const int RowCount = 2_000;

    private static readonly Assembly Functions = Assembly.LoadFrom(Path.Combine(AppContext.BaseDirectory, "functions", "Mlp.Spark.TestFunctions.dll"));

    private readonly TempDirectory _temp = new();

    [SparkFact]
    public async Task Join_OnDemandFeatures_EqualThoseOfThisProcess()
    {
        var store = FeatureStore.Open(_temp.FullName, AddOnDemand(AddOnDemand(RandomHistory.Builder(), "LabelFeatures", "LabelRequest"), "HistoryFeatures", "LabelRequest", "HistoryInputs")
            .AddService("computed", 1, s => s.From("history_features", 1).As("later").From("pair", 1).From("label_features", 1).From("single", 1))
            .Build());
        await RandomHistory.IngestAsync(store, RowCount, seed: 3);
        using var questions = RandomHistory.Questions(RowCount, seed: 4, "area");

        // Keeps golden rows, which the worker computes again.
        using var expected = await store.CreateTrainingSetAsync("computed", questions, "t", "label", new TrainingSetOptions { Mode = JoinMode.CreatedTime });
        await using var session = await server.ConnectAsync();
        var joined = session.PointInTimeJoin(store, "computed", session.FromBatches(questions.Schema, questions), "t", new SparkJoinOptions { Mode = JoinMode.CreatedTime });

        Assert.Equal(expected.Schema.FieldsList.Select(f => f.Name), (await joined.GetSchemaAsync()).FieldsList.Select(f => f.Name));
        var rows = await RowTexts.OfAsync(expected.ReadAsync());
        Assert.Equal(rows, await RowTexts.OfAsync(joined.OrderBy("id").CollectAsync()));
        Assert.Superset(new HashSet<string> { "'Expired Present'", "'Null Present'", "'Present Null'", "'Missing Present'" }, rows.Select(row => row.Split("statuses ")[1].Split(';')[0]).ToHashSet());
    }

    [SparkFact]
    public async Task Join_CodeThatGivesOtherBits_IsRefusedByTheWorker()
    {
        var store = FeatureStore.Open(_temp.FullName, AddOnDemand(RandomHistory.Builder(), "LabelFeatures", "LabelRequest").AddService("labels", 1, s => s.From("single", 1).From("label_features", 1)).Build());
        await RandomHistory.IngestAsync(store, 100, seed: 3);
        using var questions = RandomHistory.Questions(100, seed: 4, "area");
        using (await store.CreateTrainingSetAsync("labels", questions, "t"))
        {
            var golden = _temp.Combine("features", "definitions", "label_features", "v1.golden.json");
            var text = await File.ReadAllTextAsync(golden);
            await File.WriteAllTextAsync(golden, text.Replace("true", "other", StringComparison.Ordinal).Replace("false", "true", StringComparison.Ordinal).Replace("other", "false", StringComparison.Ordinal));
        }

        await using var session = await server.ConnectAsync();
        var joined = session.PointInTimeJoin(store, "labels", session.FromBatches(questions.Schema, questions), "t");

        var error = await Assert.ThrowsAsync<SparkException>(() => RowTexts.OfAsync(joined.CollectAsync()));
        Assert.Contains("to compute what it computed before", error.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _temp.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Adds a view as an application does, of types that lie beside the tests.</summary>
    private static FeaturesBuilder AddOnDemand(FeaturesBuilder builder, string features, params string[] arguments)
    {
        Type[] types = [.. arguments.Append(features).Select(name => Functions.GetType($"Mlp.Spark.TestFunctions.{name}", throwOnError: true)!)];
        var function = types.Length == 2 ? typeof(Func<,>) : typeof(Func<,,>);
        var method = types[^1].GetMethod("From")!.CreateDelegate(function.MakeGenericType(types));
        return (FeaturesBuilder)typeof(FeaturesBuilder).GetMethods().Single(m => m.Name == nameof(FeaturesBuilder.AddOnDemand) && m.GetGenericArguments().Length == types.Length)
            .MakeGenericMethod(types).Invoke(builder, [method, null, 1, string.Empty])!;
    }
}
