using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Mlp.Benchmarks.Soaks;
using Mlp.Runtime.Hosting;
using Mlp.Spark.Connect;
using Mlp.TestSupport;

namespace Mlp.Benchmarks.Spark;

/// <summary>
/// <c>spark-scoring --rows 2000000 --rounds 5</c>: seconds to score a folder of Parquet files on Spark 4.3.0 with two threads, by the worker and by PySpark with onnxruntime, in turns on the same server; beside them
/// reading and adding up alone, the worker without a model, and ONNX Runtime without Spark. All ways of a model must give the same sum. <c>--trees 0</c> and <c>--network 0</c> leave a model out. Needs <c>MLP_REFERENCE_DATA</c>, <c>MLP_PEERS</c> and the worker's archive.
/// </summary>
internal static class SparkScoring
{
    public const string Command = "spark-scoring";

    private const double TolerancePerRow = 1e-6;

    /// <summary>Runs and prints.</summary>
    /// <param name="arguments">The options.</param>
    /// <returns>The exit code: 0 when all targets are met.</returns>
    public static async Task<int> RunAsync(SoakArguments arguments)
    {
        var (rows, rounds, batchRows) = (arguments.Get("rows", 2_000_000), arguments.Get("rounds", 5), arguments.Get("batch", 10_000));
        string[] names = [.. new[] { ("gbt", "trees"), ("mlp", "network") }.Where(m => arguments.Get(m.Item2, 1) != 0).Select(m => m.Item1)];
        var models = ReferenceData.Find("peers") ?? throw new InvalidOperationException("Expected MLP_REFERENCE_DATA with 'peers'.");
        var data = Path.Combine(Path.GetTempPath(), "spark-scoring", FormattableString.Invariant($"rows-{rows}"));
        using var folder = new TempDirectory();
        var worker = await UnpackedWorker.UnpackAsync(folder.Combine("worker"));
        await using var server = await SparkConnectServer.StartAsync("4.3.0", PySparkDriver.Python, [], PySparkDriver.Variables);
        try
        {
            using var peer = PySparkDriver.Start(server.Connection, data, rows, batchRows, models);
            await using var platform = MlPlatform.CreateBuilder().UseDataDirectory(folder.Combine("data")).Build();
            await platform.StartAsync();
            await using var session = platform.Spark(server.Connection, new SparkSessionOptions { WorkerPath = worker, SharedFolder = Directory.CreateDirectory(folder.Combine("shared")).FullName });
            await session.Settings.SetAsync("spark.sql.execution.arrow.maxRecordsPerBatch", batchRows.ToString(CultureInfo.InvariantCulture));
            var ours = new OurScoring(platform, session, data);
            using var options = new SessionOptions { IntraOpNumThreads = 1 };
            using var trees = new InferenceSession(Path.Combine(models, "gbt.onnx"), options);
            using var network = new InferenceSession(Path.Combine(models, "mlp.onnx"), options);
            var alone = await OnnxRuntimeAlone.ReadAsync(data, rows, batchRows);
            List<ScoringWay> ways =
            [
                new("read and sum alone", "floor", ScoringSide.Ours, ours.FloorAsync),
                new("read and sum alone, by PySpark", "floor", ScoringSide.Peer, () => peer.RunAsync("floor")),
                new("worker, echo of one column", "f0", ScoringSide.Ours, ours.EchoAsync),
                new("worker, ten columns to one", "f0", ScoringSide.Ours, ours.EchoFirstAsync),
            ];
            foreach (var model in names)
            {
                await ours.PublishAsync(model, Path.Combine(models, $"{model}.onnx"));
                ways.AddRange(
                [
                    new($"{model}: PySpark, mapInArrow", model, ScoringSide.Peer, () => peer.RunAsync($"mapInArrow {model}")),
                    new($"{model}: PySpark, pandas_udf", model, ScoringSide.Peer, () => peer.RunAsync($"pandas_udf {model}")),
                    new($"{model}: worker, table", model, ScoringSide.Ours, () => ours.TableAsync(model, onnxRuntimeOnly: false), HasTarget: true),
                    new($"{model}: worker, column", model, ScoringSide.Ours, () => ours.ColumnAsync(model, onnxRuntimeOnly: false), HasTarget: true),
                    new($"{model}: worker, table, ONNX Runtime only", model, ScoringSide.Ours, () => ours.TableAsync(model, onnxRuntimeOnly: true)),
                    new($"{model}: worker, column, ONNX Runtime only", model, ScoringSide.Ours, () => ours.ColumnAsync(model, onnxRuntimeOnly: true)),
                    new($"{model}: ONNX Runtime without Spark", model, ScoringSide.Alone, () => alone.RunAsync(model == "gbt" ? trees : network)),
                ]);
            }

            await MeasureAsync(ways, rounds, rows, server.ProcessId);
            foreach (var line in server.Errors.Split('\n').Where(l => l.Contains("mlp-spark-worker", StringComparison.Ordinal)))
            {
                Console.WriteLine(line);
            }

            return new ScoringTable(ways, rows).Print(names) ? 0 : 1;
        }
        catch
        {
            Console.Error.WriteLine(server.Errors);
            throw;
        }
    }

    private static async Task MeasureAsync(IReadOnlyList<ScoringWay> ways, int rounds, int rows, int server)
    {
        for (var round = -1; round < rounds; round++)
        {
            // Whoever goes first in one round goes last in the next.
            foreach (var way in round % 2 == 0 ? ways : ways.Reverse())
            {
                var before = ProcessorTimes.Read(server);
                var run = await way.Run();
                var after = ProcessorTimes.Read(server);
                run = run with { Processor = new ProcessorTimes(after.Java - before.Java, after.Workers - before.Workers) };
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round,2}  {way.Name,-44} {run.Seconds,7:0.000} s  count {run.Count}  sum {run.Sum:F6}"));
                var sum = ways.First(w => w.Answer == way.Answer) is { Runs: [var first, ..] } ? first.Sum : run.Sum;
                if (run.Count != rows || !(Math.Abs(run.Sum - sum) <= TolerancePerRow * rows))
                {
                    throw new InvalidOperationException(FormattableString.Invariant($"Expected {rows} scores with a sum of {sum} from '{way.Name}', but found {run.Count} with {run.Sum}."));
                }

                way.Runs.Add(run);
            }
        }

        // The first round is for warming up.
        foreach (var way in ways)
        {
            way.Runs.RemoveAt(0);
        }
    }
}
