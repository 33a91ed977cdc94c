using Mlp.Runtime.Onnx;

namespace Mlp.Benchmarks.Runtime;

/// <summary>A model that kernels are measured with: input <c>x</c> of float32, output <c>score</c> of one value per row.</summary>
/// <param name="Onnx">The file.</param>
/// <param name="Features">Columns of the input.</param>
/// <param name="Input">Name of the input.</param>
/// <param name="Output">Name of the output.</param>
internal sealed record KernelSubject(byte[] Onnx, int Features, string Input, string Output)
{
    /// <summary>Models of the reference data over 10 features, where the variable <c>MLP_REFERENCE_DATA</c> says where that is: 100 trees of depth 4, and a network of two hidden layers.</summary>
    public static readonly string[] ReferenceModels = ["gbt.onnx", "mlp.onnx"];

    /// <summary>Makes a subject.</summary>
    /// <param name="name"><c>logistic 32-1</c>, <c>200 trees of depth 6</c> or one of <see cref="ReferenceModels"/>.</param>
    public static KernelSubject Create(string name) => name switch
    {
        "logistic 32-1" => Logistic(32),
        _ when ReferenceModels.Contains(name) => Reference(name),
        _ => Trees(200, 6, 32),
    };

    /// <summary>Whether the reference models are there.</summary>
    public static bool HasReference => Array.TrueForAll(ReferenceModels, name => PathOf(name) is not null);

    private static string? PathOf(string name)
        => Environment.GetEnvironmentVariable("MLP_REFERENCE_DATA") is { Length: > 0 } root && Path.Combine(root, "peers", name) is var path && File.Exists(path) ? path : null;

    private static KernelSubject Reference(string name)
        => new(File.ReadAllBytes(PathOf(name) ?? throw new FileNotFoundException($"Expected 'peers/{name}' under MLP_REFERENCE_DATA.")), 10, "X", "variable");

    private static KernelSubject Logistic(int features)
    {
        var random = new Random(7);
        var graph = new OnnxGraphBuilder("logistic");
        var x = graph.AddInput("x", OnnxDataType.Float32, OnnxGraphBuilder.Batch, features);
        float[] weights = [.. Enumerable.Range(0, features).Select(_ => random.NextSingle() - 0.5f)];
        var sum = graph.AddNode("Gemm", [x, graph.AddConstant("w", weights, features, 1), graph.AddConstant("b", [0.1f], 1)]);
        graph.AddNode("Sigmoid", [sum], output: "score");
        graph.AddOutput("score", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        return new KernelSubject(graph.Build(), features, "x", "score");
    }

    /// <summary>Full trees whose thresholds are spread as the features are.</summary>
    private static KernelSubject Trees(int count, int depth, int features)
    {
        var random = new Random(7);
        var inner = (1 << depth) - 1;
        var nodes = Enumerable.Range(0, count).SelectMany(t => Enumerable.Range(0, (2 * inner) + 1).Select(n => (Tree: (long)t, Node: (long)n, IsLeaf: n >= inner))).ToList();
        var leaves = nodes.Where(n => n.IsLeaf).ToList();
        var graph = new OnnxGraphBuilder("trees");
        graph.AddInput("x", OnnxDataType.Float32, OnnxGraphBuilder.Batch, features);
        graph.AddNode(
            "TreeEnsembleRegressor",
            ["x"],
            [
                OnnxAttribute.Int("n_targets", 1),
                OnnxAttribute.Ints("nodes_treeids", [.. nodes.Select(n => n.Tree)]),
                OnnxAttribute.Ints("nodes_nodeids", [.. nodes.Select(n => n.Node)]),
                OnnxAttribute.Ints("nodes_featureids", [.. nodes.Select(n => n.IsLeaf ? 0L : random.Next(features))]),
                OnnxAttribute.Ints("nodes_truenodeids", [.. nodes.Select(n => n.IsLeaf ? 0 : (2 * n.Node) + 1)]),
                OnnxAttribute.Ints("nodes_falsenodeids", [.. nodes.Select(n => n.IsLeaf ? 0 : (2 * n.Node) + 2)]),
                OnnxAttribute.Strings("nodes_modes", [.. nodes.Select(n => n.IsLeaf ? "LEAF" : "BRANCH_LEQ")]),
                OnnxAttribute.Floats("nodes_values", [.. nodes.Select(n => n.IsLeaf ? 0 : random.NextSingle())]),
                OnnxAttribute.Ints("target_treeids", [.. leaves.Select(n => n.Tree)]),
                OnnxAttribute.Ints("target_nodeids", [.. leaves.Select(n => n.Node)]),
                OnnxAttribute.Ints("target_ids", [.. leaves.Select(_ => 0L)]),
                OnnxAttribute.Floats("target_weights", [.. leaves.Select(_ => (random.NextSingle() - 0.5f) / 10)]),
            ],
            OnnxGraphBuilder.MlDomain,
            "score");
        graph.AddOutput("score", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        return new KernelSubject(graph.Build(), features, "x", "score");
    }
}
