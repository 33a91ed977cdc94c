using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>What a GPU is served by, run on the processor with ordinary memory in place of page-locked memory: the same copies, the same bindings.</summary>
public sealed class StagedBoundShapeTests
{
    public static TheoryData<string, byte[]> Graphs => new()
    {
        { "one block", TestGraphs.Any(new FeatureRowLayout([new("a", FeatureType.Float32, "v"), new("b", FeatureType.Float32, "v")]), withStatus: false, asColumns: false) },
        { "columns with a text", TestGraphs.Columns() },
        { "a shape that is not as declared", TestGraphs.Lying(1, 2) },
        { "float64", TestGraphs.LinearDouble(1, 2) },
        { "two inputs", TestGraphs.TwoInputs() },
    };

    [Theory]
    [MemberData(nameof(Graphs))]
    public void Run_AsOnAGpu_AnswersAsOnTheProcessor(string what, byte[] onnx)
    {
        var direct = new SlotFixture(onnx, Regression());
        var staged = new SlotFixture(onnx, Regression(), create: () => new StagedSession(onnx));
        using var expected = direct.CreateSlot(7);
        using var actual = staged.CreateSlot(7);

        // The second and third round write to memory that is bound already.
        foreach (var (rowCount, seed) in new[] { (1, 1), (7, 2), (7, 3), (1, 4) })
        {
            Fill(expected.Rows, rowCount, seed);
            Fill(actual.Rows, rowCount, seed);
            expected.Run(interruptible: false, CancellationToken.None);
            actual.Run(interruptible: false, CancellationToken.None);
            for (var row = 0; row < rowCount; row++)
            {
                Assert.True(expected.Score.ValueOf(row, 0) != 0, what);
                Assert.Equal(expected.Score.ValueOf(row, 0), actual.Score.ValueOf(row, 0));
            }
        }

        direct.Session.Release();
        staged.Session.Release();
    }

    [Fact]
    public void Run_OtherOutputsWanted_BringsThemToo()
    {
        var onnx = TestGraphs.LogisticWithSum(1, 2);
        var fixture = new SlotFixture(onnx, Binary(), create: () => new StagedSession(onnx));
        using var slot = fixture.CreateSlot(2);
        slot.Rows.Reset(2);
        slot.Rows.Float32.Fill(1);

        slot.Run(interruptible: false, withOthers: true, CancellationToken.None);

        Assert.Equal([3f], ((ValueBuffer<float>)Assert.Single(slot.Others)).RowOf(1).ToArray());
        Assert.Equal(1 / (1 + Math.Exp(-3)), slot.Score.ValueOf(1, 0), 1e-6);
        fixture.Session.Release();
    }

    [Fact]
    public void Run_Staged_AllocatesNothingPerRow()
    {
        var onnx = TestGraphs.Logistic(1, 2);
        var fixture = new SlotFixture(onnx, Binary(), create: () => new StagedSession(onnx));
        using var slot = fixture.CreateSlot(256);

        // Binding anew is what brings a value to a GPU, and costs ONNX Runtime's binding a name: the same for one row and for many.
        Assert.Equal(AllocatedBy(slot, 1), AllocatedBy(slot, 256));
        fixture.Session.Release();
    }

    private static long AllocatedBy(InferenceSlot slot, int rowCount)
    {
        slot.Rows.Reset(rowCount);
        slot.Rows.Float32.Fill(1);
        var least = long.MaxValue;
        for (var round = 0; round < 40 && least > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 500; i++)
            {
                slot.Run(interruptible: false, CancellationToken.None);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    private static void Fill(FeatureRows rows, int rowCount, int seed)
    {
        rows.Reset(rowCount);
        rows.Status.Fill(FeatureStatus.Present);
        for (var i = 0; i < rows.Float32.Length; i++)
        {
            rows.Float32[i] = (i * 0.5f) + seed;
        }

        for (var i = 0; i < rows.Float64.Length; i++)
        {
            rows.Float64[i] = (i * 0.25) + seed;
        }

        for (var row = 0; row < rowCount && rows.Layout.WidthOf(FeatureType.String) > 0; row++)
        {
            rows.SetString(row, 0, row % 2 == 0 ? "a" : "b");
        }
    }

    private sealed class StagedSession(byte[] onnx) : ExecutionSession(new InferenceSession(onnx), AcceleratorChoice.Cpu)
    {
        public override BoundShape Bind(InputBuffer[] inputs, OutputBuffer[] outputs, int rowCount)
            => new StagedBoundShape(this, StagingMemory.Ordinary(), inputs, outputs, rowCount);
    }
}
