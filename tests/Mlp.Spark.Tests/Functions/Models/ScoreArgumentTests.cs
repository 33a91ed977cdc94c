using System.Globalization;
using Mlp.Runtime.Models;
using Mlp.Spark.Commands;
using Mlp.Spark.Tests.Peer;
using Mlp.Spark.Tests.Protocol;
using Mlp.TestSupport;
using static Mlp.Spark.Tests.Functions.Models.TestPackage;

namespace Mlp.Spark.Tests.Functions.Models;

/// <summary>Arguments of a model that minds their order: its answer is 2a + b.</summary>
public sealed class ScoreArgumentTests : IDisposable
{
    private static readonly OutputColumn[] Score = [new("y", "double", "score")];
    private static readonly InputColumn[] Inputs = [new("x[0]", "a", Round: true), new("x[1]", "b", Round: true)];

    private readonly LocalWorker _worker = new();

    [SparkRecordingTheory]
    [MemberData(nameof(SparkRecording.NamingKinds), MemberType = typeof(SparkRecording))]
    public async Task Run_NamedArgumentsInAnotherOrder_AreTakenByName(string version, int kind)
    {
        await using var package = await CreateWeightedAsync();
        var command = new ScoreCommand { Model = package.File, Inputs = Inputs, Outputs = Score };

        // The query names b first: by position the first row would be 2 * 2.0 + 0.5.
        var reply = _worker.Run(RecordedCommands.Rewrite(SparkRecording.Load(version, "scalar-named-arguments").As(kind), command));

        Assert.Null(reply.Error);
        Assert.Equal([Bits(3), Bits(-2.5), Bits(double.NaN)], reply.Rows);
    }

    [Fact]
    public async Task Run_ArgumentsWithoutNames_AreTakenByPosition()
    {
        await using var package = await CreateWeightedAsync();
        var command = new ScoreCommand { Model = package.File, Inputs = Inputs, Outputs = Score };

        Assert.Equal([Bits(4.5)], _worker.Run(TaskBytes.Scalar(command, [null, null], Table(("_0", Doubles(2)), ("_1", Doubles(0.5))))).Rows);
    }

    public void Dispose() => _worker.Dispose();

    private static Task<TestPackage> CreateWeightedAsync()
    {
        byte[] weights = [.. BitConverter.GetBytes(2f), .. BitConverter.GetBytes(1f)];
        var initializer = OnnxBytes.Bytes(5, OnnxBytes.Message(OnnxBytes.Integer(1, 2), OnnxBytes.Integer(1, 1), OnnxBytes.Integer(2, OnnxBytes.Float), OnnxBytes.Text(8, "W"), OnnxBytes.Bytes(9, weights)));
        var onnx = OnnxBytes.Model(OnnxBytes.Graph(
            OnnxBytes.Node("MatMul", ["x", "W"], ["y"]), initializer, OnnxBytes.Input("x", OnnxBytes.Float, "N", 2), OnnxBytes.Output("y", OnnxBytes.Float, "N", 1)));
        return CreateAsync(onnx, new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "y" });
    }

    private static string Bits(double value) => BitConverter.DoubleToUInt64Bits(value).ToString("x16", CultureInfo.InvariantCulture);
}
