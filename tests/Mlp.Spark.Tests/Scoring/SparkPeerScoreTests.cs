using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Models;
using Mlp.Runtime.Scoring;
using Mlp.Spark.Connect;
using Mlp.Spark.Scoring;
using Mlp.Spark.Tests.Functions;
using Mlp.Spark.Tests.Functions.Models;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;
using Xunit.Abstractions;

namespace Mlp.Spark.Tests.Scoring;

/// <summary>
/// The models that peers are measured with, on a real server: scores have the bits of those in this process on the same batches, by ONNX Runtime and by the engine that each side chooses, and are as close as rounding
/// allows on other batches. 20,000 rows per round of <c>MLP_ROUNDS</c>, so that 100 rounds are 2 million.
/// </summary>
public abstract class SparkPeerScoreTests(SparkServer server, ITestOutputHelper output)
{
    private const int Width = 10;
    private const int BatchRows = 10_000;
    private const int Partitions = 2;
    private const int Modulus = 1_000_003;
    private const double Tolerance = 1e-6;

    /// <summary>Batches that share no edge but the first with those of this process.</summary>
    private const int OtherBatchRows = 3_333;

    private static ModelOutput Output => new() { Task = ModelTask.Regression, ScoreOutput = "variable" };

    private static int Rows => TestRounds.Count * Partitions * BatchRows;

    [SparkFact]
    public Task Score_PeerNetwork_EqualsThisProcess() => CompareAsync("mlp.onnx");

    [SparkFact]
    public Task Score_PeerTrees_EqualsThisProcess() => CompareAsync("gbt.onnx");

    private static string Feature(int column) => string.Create(CultureInfo.InvariantCulture, $"X[{column}]");

    private static float Value(long id, int column) => (float)((((id * (7919 + column)) + (column * 104729L)) % Modulus / (Modulus / 2.0)) - 1);

    /// <summary>The same values by Spark, which computes them as <see cref="Value"/> does.</summary>
    private static string ValueSql(int column) => string.Create(CultureInfo.InvariantCulture, $"CAST(pmod(id * {7919 + column} + {column} * 104729L, {Modulus}) / ({Modulus} / 2.0D) - 1 AS float) AS `{Feature(column)}`");

    private static RecordBatch Batch(long first)
    {
        var fields = Enumerable.Range(0, Width).Select(c => new Field(Feature(c), FloatType.Default, false)).ToList();
        var arrays = Enumerable.Range(0, Width).Select(c => new FloatArray.Builder().AppendRange(Enumerable.Range(0, BatchRows).Select(r => Value(first + r, c))).Build());
        return new RecordBatch(new Schema(fields, null), arrays, BatchRows);
    }

    private static double GreatestDifference(double[] expected, double[] found) => expected.Zip(found, (e, f) => Math.Abs(f - e) / Math.Max(1, Math.Abs(e))).Max();

    /// <summary>The scores of this process. Spark cuts a partition of consecutive ids into batches from its start on, and partitions are multiples of a batch.</summary>
    private static async Task<double[]> ScoreAsync(IModel model)
    {
        var scored = new double[Rows];
        for (var first = 0; first < Rows; first += BatchRows)
        {
            using var batch = Batch(first);
            using var scores = await model.ScoreAsync(batch, new ScoringOptions { Columns = [] });
            ((DoubleArray)scores.Column(0)).Values.CopyTo(scored.AsSpan(first));
        }

        return scored;
    }

    private async Task CompareAsync(string file)
    {
        var onnx = await File.ReadAllBytesAsync(ReferenceData.Find($"peers/{file}")!);
        await using var package = await TestPackage.CreateAsync(onnx, Output, options: o => o.Kernels = KernelUse.Off);
        await using var usualPackage = await TestPackage.CreateAsync(onnx, Output);
        var expected = await ScoreAsync(package.Model);
        var usualExpected = await ScoreAsync(usualPackage.Model);
        var engine = usualPackage.Model.Description!.Engine;

        await using var session = await server.ConnectAsync();
        var model = SparkModel.FromPackage(package.File.Path);

        var same = await ScoreAsync(session, model, BatchRows);
        var other = await ScoreAsync(session, model, OtherBatchRows);
        var usual = await ScoreAsync(session, model, BatchRows, onnxRuntimeOnly: false);

        Assert.True(expected.AsSpan().SequenceEqual(same), "Scores of the same batches differ.");
        Assert.True(expected.Distinct().Count() > Rows / 100, "The rows have nearly the same scores.");
        var usualSame = Enumerable.Range(0, Rows).Count(row => usual[row].Equals(usualExpected[row]) || usual[row].Equals(expected[row]));
        var (greatest, usualGreatest) = (GreatestDifference(expected, other), GreatestDifference(expected, usual));
        output.WriteLine(FormattableString.Invariant(
            $"{file}, Spark {server.Version}: {Rows} rows have the same bits in batches of {BatchRows}; in batches of {OtherBatchRows} {expected.Zip(other).Count(p => p.First == p.Second)} have, and the greatest relative difference is {greatest:G3}."));
        output.WriteLine(FormattableString.Invariant(
            $"By the engines that worker and process choose {usualExpected.Zip(usual).Count(p => p.First == p.Second)} have the same bits, {expected.Zip(usual).Count(p => p.First == p.Second)} those of ONNX Runtime. {engine}"));
        Assert.InRange(greatest, 0, Tolerance);
        Assert.InRange(usualGreatest, 0, Tolerance);

        // An engine is chosen by time, on each side and for each size of a run: a score has the bits of the kernel or of ONNX Runtime. Where the kernel is not this process's choice for every size, its bits are not known here.
        Assert.True(usualSame == Rows || (engine.Kind != KernelKind.None && !engine.Timings.All(t => t.IsKernelFaster)), $"{usualSame} of {Rows} scores have the bits of an engine of this process.");
    }

    private async Task<double[]> ScoreAsync(SparkSession session, SparkModel model, int batchRows, bool onnxRuntimeOnly = true)
    {
        await TestMethods.SetBatchRowsAsync(session, batchRows);
        var table = session.Range(0, Rows, partitionCount: Partitions).SelectSql(["id", .. Enumerable.Range(0, Width).Select(ValueSql)]);
        var scored = new double[Rows];
        System.Array.Fill(scored, double.NaN);
        var count = 0;
        await foreach (var batch in table.Score(model, new() { Keep = ["id"], OnnxRuntimeOnly = onnxRuntimeOnly }).CollectAsync())
        {
            using (batch)
            {
                var ids = ((Int64Array)batch.Column(0)).Values;
                var scores = ((DoubleArray)batch.Column(1)).Values;
                for (var row = 0; row < ids.Length; row++)
                {
                    scored[ids[row]] = scores[row];
                }

                count += ids.Length;
            }
        }

        Assert.Equal(Rows, count);
        return scored;
    }
}
