using System.Diagnostics;
using Apache.Arrow;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Spark.Connect;
using Mlp.Spark.Functions;
using Mlp.Spark.Scoring;

namespace Mlp.Benchmarks.Spark;

/// <summary>Queries of this library's client, whose functions its worker runs. Each is planned anew, as a user's would be.</summary>
/// <param name="platform">Holds the models.</param>
/// <param name="session">The session.</param>
/// <param name="data">Folder of Parquet files.</param>
internal sealed class OurScoring(MlPlatform platform, SparkSession session, string data)
{
    private static readonly string[] Columns = [.. Enumerable.Range(0, 10).Select(c => $"f{c}")];
    private static readonly string Functions = Path.Combine(AppContext.BaseDirectory, "functions", "Mlp.Spark.TestFunctions.dll");

    private readonly SparkDataFrame _table = session.Read.Parquet(data);

    /// <summary>Publishes a model of the reference data.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="path">Path of the file.</param>
    public async Task PublishAsync(string name, string path)
    {
        var manifest = await platform.Registry.PublishAsync(name, ModelPackage.FromFile(path, new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "variable" }));
        await platform.Registry.SetAliasAsync(name, "champion", manifest.Version, 0);
    }

    /// <summary>Reads all columns and adds them up, without a function.</summary>
    public Task<ScoredSum> FloorAsync() => SumAsync(_table.SelectSql($"{string.Join(" + ", Columns)} AS score"));

    /// <summary>Sends a column to the worker, which sends it back.</summary>
    public Task<ScoredSum> EchoAsync()
        => SumAsync(_table.Select(session.MethodColumn(Method("EchoColumn"), "double", "f0").As("score")));

    /// <summary>Sends all columns to the worker, which sends the first back.</summary>
    public Task<ScoredSum> EchoFirstAsync()
        => SumAsync(_table.Select(session.MethodColumn(Method("First"), "double", [.. Columns.Select(SparkColumn.Named)]).As("score")));

    /// <summary>Scores tables: the answer has the id and the score, and both are read.</summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="onnxRuntimeOnly">Whether no kernel may stand in.</param>
    public Task<ScoredSum> TableAsync(string model, bool onnxRuntimeOnly) => SumAsync(_table.Score(Model(model), Options(onnxRuntimeOnly) with { Keep = ["id"] }), "max(id)");

    /// <summary>Scores columns: the answer has the score alone.</summary>
    /// <param name="model">Name of the model.</param>
    /// <param name="onnxRuntimeOnly">Whether no kernel may stand in.</param>
    public Task<ScoredSum> ColumnAsync(string model, bool onnxRuntimeOnly)
        => SumAsync(_table.Select(session.ScoreColumn(Model(model), Options(onnxRuntimeOnly)).As("score")));

    private static SparkMethod Method(string name) => SparkMethod.FromAssembly(Functions, "Mlp.Spark.TestFunctions.Recorded", name, Functions);

    private static SparkScoreOptions Options(bool onnxRuntimeOnly) => new()
    {
        Columns = Enumerable.Range(0, Columns.Length).ToDictionary(c => $"X[{c}]", c => Columns[c]),
        RoundToFloat32 = true,
        OnnxRuntimeOnly = onnxRuntimeOnly,
    };

    private static async Task<ScoredSum> SumAsync(SparkDataFrame scored, params string[] more)
    {
        var started = Stopwatch.GetTimestamp();
        await foreach (var batch in scored.SelectSql(["count(score)", "sum(score)", .. more]).CollectAsync())
        {
            using (batch)
            {
                if (batch.Length > 0)
                {
                    return new ScoredSum(
                        Stopwatch.GetElapsedTime(started).TotalSeconds, ((Int64Array)batch.Column(0)).GetValue(0)!.Value, ((DoubleArray)batch.Column(1)).GetValue(0)!.Value);
                }
            }
        }

        throw new InvalidOperationException("Expected a sum of scores, but found none.");
    }

    private SparkModel Model(string name) => SparkModel.FromAlias(platform.Registry, name);
}
