using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Trees;
using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Tests.Trees;

/// <summary>The reader of text models, by a small one that is written out here.</summary>
public sealed class LightGbmModelTests
{
    private const string Small = """
        tree
        version=v4
        num_class=1
        num_tree_per_iteration=1
        label_index=0
        max_feature_idx=2
        objective=regression
        feature_names=a b c
        monotone_constraints=1 0 -1
        feature_infos=[0:1] none 0:1:2
        tree_sizes=1 1

        Tree=0
        num_leaves=3
        num_cat=1
        split_feature=0 2
        split_gain=5 2
        threshold=inf 0
        decision_type=2 1
        left_child=1 -1
        right_child=-2 -3
        leaf_value=1.5 -2 0.25
        leaf_count=1 1 1
        internal_value=0 0
        internal_count=3 2
        cat_boundaries=0 2
        cat_threshold=5 1
        is_linear=0
        shrinkage=1


        Tree=1
        num_leaves=1
        num_cat=0
        leaf_value=10
        is_linear=0
        shrinkage=1


        end of trees

        feature_importances:
        a=1
        c=1

        parameters:
        [boosting: gbdt]
        [max_bin: 255]
        [machines: ]

        end of parameters

        pandas_categorical:null

        """;

    [Fact]
    public void Parse_SmallModel_HasEveryFieldOfTheHeader()
    {
        var model = LightGbmModel.Parse(Small);

        Assert.Equal(("v4", 1, 1, 0, "regression", false), (model.Version, model.ClassCount, model.ScoreCount, model.LabelIndex, model.Objective, model.IsAveraged));
        Assert.Equal(["a", "b", "c"], model.FeatureNames);
        Assert.Equal([1, 0, -1], model.MonotoneConstraints);
        Assert.Equal(["[0:1]", "none", "0:1:2"], model.FeatureInfos);
        Assert.Equal(("gbdt", "255", ""), (model.Parameters["boosting"], model.Parameters["max_bin"], model.Parameters["machines"]));
        Assert.Equal((2, 2, ModelTask.Regression), (model.TreeCount, model.IterationCount, model.Task));
        Assert.Equal([1, 0, 1], model.FeatureImportance(FeatureImportanceKind.Split));
        Assert.Equal([5, 0, 2], model.FeatureImportance(FeatureImportanceKind.Gain));
    }

    [Theory]
    [InlineData(1e300, 0, 11.5)]
    [InlineData(0, 2, 11.5)]
    [InlineData(0, 32, 11.5)]
    [InlineData(0, 2.9, 11.5)]
    [InlineData(0, -0.5, 11.5)]
    [InlineData(0, 1, 10.25)]
    [InlineData(0, 33, 10.25)]
    [InlineData(0, 64, 10.25)]
    [InlineData(0, -1, 10.25)]
    [InlineData(0, double.NaN, 10.25)]
    [InlineData(0, 1e20, 10.25)]
    [InlineData(double.NaN, 0, 11.5)]
    public void PredictRaw_InfiniteThresholdAndSetOfTwoWords_ByHand(double a, double c, double expected)
    {
        // Bits 5 = 101 and, in the next word, 1: the categories 0, 2 and 32.
        var score = new double[1];
        LightGbmModel.Parse(Small).PredictRaw([a, 0, c], score);

        Assert.Equal(expected, score[0]);
        foreach (var operation in Enum.GetValues<TreeOperator>())
        {
            var onnx = LightGbmModel.Parse(Small).ToOnnx(new TreeConversionOptions { Operator = operation });
            Assert.Equal(expected, TreeData.Run(onnx, [(float)a, 0, (float)c], 3, "score")[0], 6);
        }
    }

    [Theory]
    [InlineData("0")]
    [InlineData("5e-36")]
    [InlineData("-5e-36")]
    [InlineData("1e-20")]
    [InlineData("-1e-20")]
    public void PredictRaw_ThresholdsAndNumbersNextToZero_AsLightGbmAndTheFile(string threshold)
    {
        // Decisions 0 to 10: missing None, Zero and NaN, each without and with the way left by default.
        foreach (var decision in new[] { 0, 2, 4, 6, 8, 10 })
        {
            var text = Small.Replace("threshold=inf 0", $"threshold={threshold} 0", StringComparison.Ordinal)
                .Replace("decision_type=2 1", $"decision_type={decision} 1", StringComparison.Ordinal);
            var model = LightGbmModel.Parse(text);

            // LightGBM reads trees one by one where their sizes, which are made up here, do not stand.
            using var booster = LightGbmBooster.Load(text.Replace("tree_sizes=1 1\n", string.Empty, StringComparison.Ordinal));
            var narrow = model.ToOnnx(new TreeConversionOptions { Operator = TreeOperator.TreeEnsemble });
            var older = model.ToOnnx(new TreeConversionOptions { Operator = TreeOperator.TreeEnsembleRegressor });
            foreach (var value in new[] { float.NaN, 0f, -0f, 1e-36f, -1e-36f, 8e-36f, -8e-36f, 2e-35f, -2e-35f, 1f, -1f })
            {
                double[] expected = [0];
                booster.Predict((ReadOnlySpan<double>)[value, 0, 0], 3, LightGbmNative.RawScore, expected, "verbosity=-1");
                double[] own = [0];
                model.PredictRaw([value, 0, 0], own);

                var place = $"decision {decision}, value {value:R}";
                Assert.True(expected[0] == own[0], $"{place}: LightGBM says {expected[0]}, and the managed scorer {own[0]}.");
                Assert.True(expected[0] == TreeData.Run(narrow, [value, 0, 0], 3, "score")[0], $"{place}: LightGBM says {expected[0]}, and the file another.");
                Assert.True(expected[0] == TreeData.Run(older, [value, 0, 0], 3, "score")[0], $"{place}: LightGBM says {expected[0]}, and the file with the older operator another.");
            }
        }
    }

    [Fact]
    public void ToPackage_FeatureNames_StandInFeaturesAndMetadata()
    {
        var package = LightGbmModel.Parse(Small).ToPackage();

        Assert.Equal(["a", "b", "c"], package.Features!.Select(f => f.Name));
        Assert.All(package.Features!, f => Assert.Equal(FeatureType.Float32, f.Type));
        Assert.Equal((ModelTask.Regression, "score"), (package.Output.Task, package.Output.ScoreOutput));
        using var session = new Microsoft.ML.OnnxRuntime.InferenceSession(package.Onnx.ToArray());
        Assert.Equal("""[{"name":"a","type":"float32"},{"name":"b","type":"float32"},{"name":"c","type":"float32"}]""", session.ModelMetadata.CustomMetadataMap["mlp.features"]);
    }

    [Fact]
    public void ToPackage_WithoutRows_IsProvedOnRowsOfItsThresholds()
    {
        var package = LightGbmModel.Parse(Small).ToPackage();

        var proof = package.ExportProof!;
        Assert.Equal((256, 2e-6), (proof.RowCount, proof.Tolerance));
        Assert.InRange(proof.MaximumDifference, 0, 1e-7);
        Assert.Equal((12, 40), (proof.Missing!.RowCount, proof.Extreme!.RowCount));
        Assert.Equal((16, 1), (package.GoldenRows!.Count, package.GoldenRows.OutputWidth));
    }

    [Fact]
    public void ToPackage_GivenRows_AreTheRealOnes()
    {
        double[] rows = [.. Enumerable.Range(0, 40 * 3).Select(i => i % 3 == 2 ? i % 7 : i % 11 == 0 ? double.NaN : i / 7.0)];

        var package = LightGbmModel.Parse(Small).ToPackage(rows: rows, goldenRowCount: 4);

        Assert.Equal((40, 4), (package.ExportProof!.RowCount, package.GoldenRows!.Count));
        Assert.Null(LightGbmModel.Parse(Small).ToPackage(goldenRowCount: 0).GoldenRows);
    }

    [Fact]
    public void ToPackage_RowsOfAnotherWidthOrTolerance_AreRefused()
    {
        var model = LightGbmModel.Parse(Small);

        Assert.StartsWith("Expected rows of 3 features, but found 4 values in all.", Assert.Throws<ArgumentException>(() => model.ToPackage(rows: [1, 2, 3, 4])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.ToPackage(tolerance: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.ToPackage(goldenRowCount: 65));
    }

    [Theory]
    [InlineData("tree\n", "Expected a line 'max_feature_idx='")]
    [InlineData("<xml/>", "Expected a LightGBM text model, which begins with the line 'tree'")]
    public void Parse_NoModel_IsRefused(string text, string sentence)
        => Assert.StartsWith(sentence, Assert.Throws<LightGbmFormatException>(() => LightGbmModel.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("is_linear=0", "is_linear=1", "Expected trees with a number in each leaf, but the model was trained with linear_tree")]
    [InlineData("objective=regression", "objective=mystery", "Expected an objective whose output is known, but the model has 'mystery'.")]
    [InlineData("left_child=1 -1", "left_child=0 -1", "Expected ways that lead to each split and leaf once, but found one that leads to another place (tree 0).")]
    [InlineData("left_child=1 -1", "left_child=1 -9", "Expected ways that lead to each split and leaf once, but found one that leads to another place (tree 0).")]
    [InlineData("split_feature=0 2", "split_feature=0 3", "Expected splits over the features 0 to 2, but found feature 3 (tree 0).")]
    [InlineData("threshold=inf 0", "threshold=inf 4", "Expected a set of categories for each categorical split, but found one without (tree 0).")]
    [InlineData("threshold=inf 0", "threshold=inf", "Expected the numbers of 'threshold' in tree 0")]
    [InlineData("leaf_value=1.5 -2 0.25", "leaf_value=1.5 x 0.25", "Expected the numbers of 'leaf_value' in tree 0")]
    [InlineData("feature_names=a b c", "feature_names=a b", "Expected 3 entries in the line 'feature_names='")]
    [InlineData("end of trees", "end of", "Expected the line 'end of trees' after 2 trees")]
    [InlineData("num_tree_per_iteration=1", "num_tree_per_iteration=3", "Expected a multiple of 3 trees")]
    public void Parse_BrokenModel_IsRefusedWithItsPlace(string original, string broken, string sentence)
        => Assert.StartsWith(sentence, Assert.Throws<LightGbmFormatException>(() => LightGbmModel.Parse(Small.Replace(original, broken, StringComparison.Ordinal))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0.1, 0.099999994f)]
    [InlineData(0.5, 0.5f)]
    [InlineData(1e300, float.MaxValue)]
    [InlineData(-1e300, float.NegativeInfinity)]
    [InlineData(double.PositiveInfinity, float.PositiveInfinity)]
    public void RoundDown_Threshold_IsTheGreatestFloatNotAboveIt(double threshold, float expected) => Assert.Equal(expected, TreeGraph.RoundDown(threshold));
}
