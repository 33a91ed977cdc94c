using Mlp.Runtime.Kernels;
using Mlp.Runtime.Models;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Kernels;

/// <summary>Random trees of every form answer as ONNX Runtime answers them, on the thousand rows of the trial.</summary>
public sealed class TreeKernelTests
{
    private static readonly string[] AllModes = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"];

    [Theory]
    [InlineData("BRANCH_LEQ")]
    [InlineData("BRANCH_LT")]
    [InlineData("BRANCH_GTE")]
    [InlineData("BRANCH_GT")]
    [InlineData("BRANCH_EQ")]
    [InlineData("BRANCH_NEQ")]
    public void Recognise_OneMode_AgreesWithOnnxRuntime(string mode)
    {
        for (var missing = 0; missing < 3; missing++)
        {
            Agree(new TreeGraph { Seed = 1 + missing, Modes = [mode], MissingTracks = missing });
        }
    }

    [Theory]
    [InlineData(1, 1, 0.0)]
    [InlineData(7, 1, 0.0)]
    [InlineData(200, 6, 0.0)]
    [InlineData(30, 14, 0.35)]
    public void Recognise_MixedModes_AgreesWithOnnxRuntime(int trees, int depth, double leafShare)
    {
        for (var seed = 0; seed < 3; seed++)
        {
            Agree(new TreeGraph { Seed = seed, Modes = AllModes, Trees = trees, Depth = depth, LeafShare = leafShare });
        }
    }

    [Theory]
    [InlineData("SUM", 1)]
    [InlineData("AVERAGE", 1)]
    [InlineData("MIN", 1)]
    [InlineData("MAX", 1)]
    [InlineData("SUM", 3)]
    [InlineData("AVERAGE", 3)]
    [InlineData("MIN", 3)]
    [InlineData("MAX", 3)]
    public void Recognise_AggregatesAndTargets_AgreesWithOnnxRuntime(string aggregate, int targets)
    {
        foreach (var isFull in (bool[])[false, true])
        {
            Agree(new TreeGraph { Seed = 3, Aggregate = aggregate, Targets = targets, HasFullLeaves = isFull });
            Agree(new TreeGraph { Seed = 4, Aggregate = aggregate, Targets = targets, HasFullLeaves = isFull, BaseValues = [.. Enumerable.Range(1, targets).Select(i => i / 2f)] });
        }
    }

    [Theory]
    [InlineData("NONE")]
    [InlineData("LOGISTIC")]
    [InlineData("SOFTMAX")]
    [InlineData("SOFTMAX_ZERO")]
    public void Recognise_RegressorWithTransformation_AgreesWithOnnxRuntime(string transform)
    {
        Agree(new TreeGraph { Seed = 5, PostTransform = transform });
        Agree(new TreeGraph { Seed = 5, PostTransform = transform, Targets = 4 });
    }

    [Theory]
    [InlineData("NONE")]
    [InlineData("LOGISTIC")]
    [InlineData("SOFTMAX")]
    [InlineData("SOFTMAX_ZERO")]
    public void Recognise_ClassifierOfThree_AgreesWithOnnxRuntime(string transform)
    {
        foreach (var isFull in (bool[])[false, true])
        {
            var trees = new TreeGraph { Seed = 6, IsClassifier = true, Targets = 3, HasFullLeaves = isFull, PostTransform = transform };
            Agree(trees, ModelTask.MulticlassClassification);
            Agree(trees with { BaseValues = [0.1f, -0.2f, 0.3f] }, ModelTask.MulticlassClassification);
            Agree(trees, score: "label");
            Agree(trees with { BaseValues = [0.1f, -0.2f, 0.3f] }, score: "label");
        }
    }

    [Theory]
    [InlineData("NONE")]
    [InlineData("LOGISTIC")]
    [InlineData("SOFTMAX")]
    [InlineData("SOFTMAX_ZERO")]
    public void Recognise_ClassifierOfTwo_AgreesWithOnnxRuntimeOrSaysWhyNot(string transform)
    {
        foreach (var only in (int?[])[0, 1, null])
        {
            foreach (var isPositive in (bool[])[false, true])
            {
                foreach (var baseValues in (float[][])[[], [0.25f], [0.25f, 0.5f]])
                {
                    var trees = new TreeGraph
                    {
                        Seed = 7,
                        IsClassifier = true,
                        Targets = 2,
                        OnlyTarget = only,
                        HasFullLeaves = only is null,
                        ArePositive = isPositive,
                        PostTransform = transform,
                        BaseValues = baseValues,
                    };
                    if (only is null || baseValues.Length == 0 || (only == 0 && baseValues.Length == 1))
                    {
                        Agree(trees);
                        Agree(trees, score: "label");
                    }
                    else
                    {
                        using var fixture = new KernelFixture(trees.ToOnnx(), "y");
                        Assert.Equal("Expected a classifier of two classes whose leaves name both, or that has one base value for the first or none.", fixture.Refusal());
                    }
                }
            }
        }
    }

    [Fact]
    public void Recognise_DoubleThresholds_AgreesWithOnnxRuntime()
    {
        Agree(new TreeGraph { Seed = 8, IsDouble = true, Modes = AllModes });
        Agree(new TreeGraph { Seed = 9, IsDouble = true, Targets = 3, HasFullLeaves = true, Aggregate = "AVERAGE", BaseValues = [1, 2, 3] });
        Agree(new TreeGraph { Seed = 10, IsDouble = true, IsClassifier = true, Targets = 3, HasFullLeaves = true, PostTransform = "SOFTMAX" }, ModelTask.MulticlassClassification);
        Agree(new TreeGraph { Seed = 11, IsDouble = true, Aggregate = "MAX", Trees = 3 });
    }

    [Fact]
    public void Recognise_IntegerInput_AgreesWithOnnxRuntime() => Agree(
        new TreeGraph { Seed = 12, InputType = OnnxBytes.Int64, Modes = AllModes, IsClassifier = true, Targets = 3, HasFullLeaves = true }, ModelTask.MulticlassClassification);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Recognise_Version5_AgreesWithOnnxRuntime(bool isDouble)
    {
        foreach (var aggregate in (string[])["SUM", "AVERAGE", "MIN", "MAX"])
        {
            KernelFixture.AssertAgrees(new TreeGraph { Seed = 13, Modes = AllModes, IsDouble = isDouble, Aggregate = aggregate }.ToOnnx5(), "y", KernelKind.Trees);
        }

        KernelFixture.AssertAgrees(new TreeGraph { Seed = 14, IsDouble = isDouble, Targets = 2 }.ToOnnx5(), "y", KernelKind.Trees);
    }

    [Fact]
    public void Recognise_Version5Members_SaysWhyNot()
    {
        var trees = new TreeGraph { Seed = 15, Modes = ["BRANCH_LEQ", "BRANCH_MEMBER"], MissingTracks = 0 };
        using var fixture = new KernelFixture(trees.ToOnnx5(r => [r.Next(1, 3), r.Next(3, 6), r.Next(40, 50)]), "y");

        Assert.Equal("Expected TreeEnsemble as kernels cover it, but found questions other than comparisons, as for a set of values (node '').", fixture.Refusal());
    }

    [Fact]
    public void Run_ManyRowsAndOne_GiveTheSameBits()
    {
        var trees = new TreeGraph { Seed = 16, Trees = 37, Depth = 9, LeafShare = 0.3, Modes = AllModes };
        using var fixture = new KernelFixture(trees.ToOnnx(), "y");
        var program = fixture.Recognise();
        var random = new Random(1);
        var features = Enumerable.Range(0, 150 * trees.Features).Select(_ => random.Next(10) == 0 ? float.NaN : random.Next(-6, 7) / 2f).ToArray();

        var together = fixture.Run(program, features, 150);
        var alone = features.Chunk(trees.Features).SelectMany(row => fixture.Run(program, row, 1)).ToArray();

        Assert.Equal(alone, together);
        Assert.Equal(fixture.RunEngine(features, 150), together);
    }

    [Fact]
    public void Recognise_CategoriesThatShareAWay_StaysSmall()
    {
        // As LightGBM's categories come: a chain of questions x = i whose ways for yes lead to one node.
        const int length = 200;
        var program = KernelFixture.AssertAgrees(SharedWays(length), "y", KernelKind.Trees);

        Assert.True(program.KeyCount <= 2 * KernelMemory.TileRows);
    }

    [Fact]
    public void Recognise_ProbitOrTextLabels_SaysWhy()
    {
        using var probit = new KernelFixture(new TreeGraph { Seed = 17, PostTransform = "PROBIT" }.ToOnnx(), "y");

        Assert.Equal("Expected TreeEnsembleRegressor as kernels cover it, but found the transformation PROBIT (node '').", probit.Refusal());
    }

    private static byte[] SharedWays(int length)
    {
        // Nodes 0 to length - 1 ask x = i; node length is what yes leads to, of all of them.
        var ids = Enumerable.Range(0, length + 4).Select(i => (long)i).ToList();
        var isLeaf = ids.ConvertAll(i => i > length);
        string[] modes = [.. ids.Select(i => i > length ? "LEAF" : i == length ? "BRANCH_LEQ" : "BRANCH_EQ")];
        long[] yes = [.. ids.Select(i => i > length ? 0 : i == length ? length + 1L : length)];
        long[] no = [.. ids.Select(i => i > length ? 0 : i == length ? length + 2L : i == length - 1 ? length + 3L : i + 1)];
        var graph = OnnxBytes.Graph(
            OnnxBytes.Bytes(1, OnnxBytes.Message(
                OnnxBytes.Text(1, "x"), OnnxBytes.Text(2, "y"), OnnxBytes.Text(4, "TreeEnsembleRegressor"), OnnxBytes.Text(7, "ai.onnx.ml"),
                TreeGraph.Ints("nodes_treeids", [.. ids.Select(_ => 0L)]),
                TreeGraph.Ints("nodes_nodeids", ids),
                TreeGraph.Ints("nodes_featureids", [.. ids.Select(i => i == length ? 1L : 0)]),
                TreeGraph.Ints("nodes_truenodeids", yes),
                TreeGraph.Ints("nodes_falsenodeids", no),
                TreeGraph.Strings("nodes_modes", modes),
                TreeGraph.Floats("nodes_values", ids.Select(i => i < length ? i : 0.5f)),
                TreeGraph.Ints("target_treeids", [0, 0, 0]),
                TreeGraph.Ints("target_nodeids", [length + 1, length + 2, length + 3]),
                TreeGraph.Ints("target_ids", [0, 0, 0]),
                TreeGraph.Floats("target_weights", [1, 2, 3]),
                TreeGraph.Integral("n_targets", 1))),
            OnnxBytes.Input("x", OnnxBytes.Float, "N", 2),
            OnnxBytes.Output("y", OnnxBytes.Float, "N", 1));
        Assert.Equal(3, isLeaf.Count(l => l));
        return TreeGraph.WithMl(graph, 1);
    }

    private static void Agree(TreeGraph trees, ModelTask task = ModelTask.Regression, string score = "y")
        => KernelFixture.AssertAgrees(trees.ToOnnx(), score, KernelKind.Trees, task);
}
