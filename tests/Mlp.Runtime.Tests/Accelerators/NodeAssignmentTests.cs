using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Accelerators.Interop;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Accelerators;

public sealed class NodeAssignmentTests
{
    [Fact]
    public async Task Description_OnTheProcessor_CountsItsNodes()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.LogisticWithSum(1, 2, 3), Binary()));

        var description = platform.Model.Description!;
        Assert.Equal(new Dictionary<string, int> { ["CPUExecutionProvider"] = 2 }, description.Providers);
        Assert.Empty(description.FallbackNodes);
        Assert.Equal(0, description.FallbackNodeCount);
        Assert.False(description.HasPinnedBuffers);
    }

    [Fact]
    public void Read_SessionThatRecorded_NamesProviderAndOperator()
    {
        using var options = new SessionOptions();
        NodeAssignment.Record(options);
        using var session = new InferenceSession(TestGraphs.Logistic(1, 2), options);

        Assert.Equal([("CPUExecutionProvider", "MatMul"), ("CPUExecutionProvider", "Sigmoid")], GraphAssignment.Read(session)!.Select(n => (n.Provider, n.OperatorType)));
    }

    [Fact]
    public void Read_SessionThatDidNotRecord_IsUnknown()
    {
        using var session = new InferenceSession(TestGraphs.Logistic(1, 2));

        Assert.Null(GraphAssignment.Read(session));
        Assert.Empty(NodeAssignment.Of(session, AcceleratorChoice.Cpu).NodeCounts);
    }

    [Fact]
    public void Of_NodesBesideTheGpu_NamesTwentyAndCountsAll()
    {
        AssignedNode[] nodes =
        [
            .. Enumerable.Range(0, 3).Select(i => new AssignedNode("CUDAExecutionProvider", $"gemm{i}", "Gemm")),
            new AssignedNode("CPUExecutionProvider", string.Empty, "Shape"),
            .. Enumerable.Range(0, 24).Select(i => new AssignedNode("CPUExecutionProvider", $"tree{i}", "TreeEnsembleClassifier")),
        ];

        var assignment = NodeAssignment.Of(nodes, isOnGpu: true);

        Assert.Equal(new Dictionary<string, int> { ["CPUExecutionProvider"] = 25, ["CUDAExecutionProvider"] = 3 }, assignment.NodeCounts);
        Assert.Equal(["Shape", .. Enumerable.Range(0, 19).Select(i => $"tree{i}")], assignment.FallbackNodes);
        Assert.Equal(25, assignment.FallbackNodeCount);
        Assert.Equal(0, NodeAssignment.Of(nodes, isOnGpu: false).FallbackNodeCount);
    }

    [Fact]
    public void Create_NodesThatWouldFallBack_AreRefusedWhereNoneMay()
    {
        var choice = AcceleratorChoice.Cpu with { Settings = AcceleratorSettings.Default with { RequireAllNodes = true } };

        var error = Assert.Throws<InvalidModelException>(() => new SlotFixture(TestGraphs.Logistic(1), Binary(), choice));

        Assert.Equal(
            "Expected a model all of whose nodes run on Cpu, as AcceleratorOptions.RequireAllNodes asks, but some run on the processor only (model 'm' version 1). Without it ModelDescription.FallbackNodes names them.",
            error.Message);
    }
}
