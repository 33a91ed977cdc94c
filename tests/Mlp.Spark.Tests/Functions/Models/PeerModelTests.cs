using Apache.Arrow;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Models;
using Mlp.Runtime.Scoring;
using Mlp.Spark.Commands;
using Mlp.Spark.Tests.Daemon;
using Mlp.Spark.Tests.Peer;
using Mlp.TestSupport;
using static Mlp.Spark.Tests.Functions.Models.TestPackage;

namespace Mlp.Spark.Tests.Functions.Models;

/// <summary>The models that peers are measured with: the worker's scores have the bits of those in process, on the same batches.</summary>
public sealed class PeerModelTests(DaemonFixture daemon) : IClassFixture<DaemonFixture>
{
    private const int Width = 10;
    private const double Tolerance = 1e-6;

    [ReferenceDataFact("peers/gbt.onnx")]
    public Task Run_Trees_HasTheBitsOfScoresInProcess() => CompareAsync("peers/gbt.onnx");

    [ReferenceDataFact("peers/mlp.onnx")]
    public Task Run_Network_HasTheBitsOfScoresInProcess() => CompareAsync("peers/mlp.onnx");

    [ReferenceDataFact("peers/gbt.onnx")]
    public Task Run_TreesByTheFasterEngine_HasTheScoresOfOnnxRuntime() => CompareAsync("peers/gbt.onnx", onnxRuntimeOnly: false);

    [ReferenceDataFact("peers/mlp.onnx")]
    public Task Run_NetworkByTheFasterEngine_HasTheScoresOfOnnxRuntime() => CompareAsync("peers/mlp.onnx", onnxRuntimeOnly: false);

    /// <summary>Compares with ONNX Runtime in process: bit for bit where the worker has it too, and as close as rounding allows where a kernel of the worker may stand in, which is chosen by time.</summary>
    private async Task CompareAsync(string model, bool onnxRuntimeOnly = true)
    {
        await using var package = await CreateAsync(
            await File.ReadAllBytesAsync(ReferenceData.Find(model)!),
            new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "variable" },
            options: o => o.Kernels = KernelUse.Off);
        var random = new Random(7);
        var tables = new[] { 10_000, 10_000, 1, 255, 4_321 }.Select(rows => Rows(random, rows)).ToArray();
        var command = new ScoreCommand
        {
            Model = package.File,
            Inputs = [.. Enumerable.Range(0, Width).Select(i => new InputColumn($"X[{i}]", $"f{i}", Round: true))],
            Outputs = [new OutputColumn("score", "double")],
            Options = new ScoreOptions { OnnxRuntimeOnly = onnxRuntimeOnly },
        };
        using var peer = daemon.Worker.Connect();

        var reply = peer.Run(TaskBytes.Map(command, tables));

        Assert.Null(reply.Error);
        Assert.Equal(tables.Select(t => t.Length), reply.Batches.Select(b => b.Length));
        foreach (var (table, scored) in tables.Zip(reply.Batches))
        {
            var expected = await package.Model.ScoreAsync(Floats(table), new ScoringOptions { Columns = [] });
            var found = (DoubleArray)((StructArray)scored.Column(0)).Fields[0];
            var scores = ((DoubleArray)expected.Column("score")).Values;
            if (onnxRuntimeOnly)
            {
                Assert.Equal(scores, found.Values);
                continue;
            }

            for (var row = 0; row < scores.Length; row++)
            {
                Assert.Equal(scores[row], found.Values[row], Tolerance * Math.Max(1, Math.Abs(scores[row])));
            }
        }
    }

    private static RecordBatch Rows(Random random, int rows)
        => Table([.. Enumerable.Range(0, Width).Select(i => ($"f{i}", Doubles([.. Enumerable.Range(0, rows).Select(_ => (double?)(random.NextDouble() * 4) - 2)])))]);

    private static RecordBatch Floats(RecordBatch table)
        => Table([.. table.Arrays.Select((a, i) => ($"X[{i}]", (IArrowArray)new FloatArray.Builder().AppendRange(((DoubleArray)a).Values.ToArray().Select(v => (float)v)).Build()))]);
}
