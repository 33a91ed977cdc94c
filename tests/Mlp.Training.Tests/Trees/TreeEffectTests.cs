using System.Globalization;
using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Trees;

/// <summary>Settings reach LightGBM: each has the effect that its formula says.</summary>
public sealed class TreeEffectTests
{
    [Theory]
    [InlineData(0, 0, -1, 3)]
    [InlineData(0, 100, -0.5, 1.5)]
    [InlineData(50, 0, -0.5, 2.5)]
    [InlineData(50, 100, -0.25, 1.25)]
    public async Task FitAsync_Penalties_ShrinkLeavesByTheirFormula(double l1, double l2, double low, double high)
    {
        // 100 labels of -1 and 100 of 3 in two leaves: a leaf is sign(sum) · max(0, |sum| − L1) / (count + L2), by hand.
        var options = OneTree();
        (options.L1, options.L2, options.LearningRate) = (l1, l2, 1);
        options.Parameters["boost_from_average"] = "false";

        using var trees = await new TreeTrainer(options).FitAsync(TwoLevels());

        double[] leaves = [.. Assert.Single(trees.Model.Trees).Leaves.Order()];
        Assert.Equal(2, leaves.Length);
        Assert.Equal(low, leaves[0], 1e-6);
        Assert.Equal(high, leaves[1], 1e-6);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1e5, 1)]
    public async Task FitAsync_MinimumSplitGain_KeepsSplitsOfLessOut(double gain, int leaves)
    {
        var options = OneTree();
        options.MinimumSplitGain = gain;

        using var trees = await new TreeTrainer(options).FitAsync(TwoLevels());

        Assert.Equal(leaves, trees.Model.Trees[0].Leaves.Length);
    }

    [Fact]
    public async Task FitAsync_FeatureFraction_EachTreeHasItsShareOfTheFeatures()
    {
        var options = OneTree();
        (options.MaximumIterations, options.MaximumLeaves) = (20, 16);
        using var all = await new TreeTrainer(options).FitAsync(Sum());
        options.FeatureFraction = 0.5;

        using var half = await new TreeTrainer(options).FitAsync(Sum());

        Assert.Contains(all.Model.Trees, t => t.Features.Distinct().Count() > 2);
        Assert.All(half.Model.Trees, t => Assert.InRange(t.Features.Distinct().Count(), 1, 2));
        Assert.Equal(4, half.Model.Trees.SelectMany(t => t.Features).Distinct().Count());
    }

    [Fact]
    public async Task FitAsync_BaggingFraction_TreesGrowOnTheirShareOfTheRows()
    {
        var options = OneTree();
        options.MaximumIterations = 4;
        using var all = await new TreeTrainer(options).FitAsync(Sum());
        options.BaggingFraction = 0.25;

        using var quarter = await new TreeTrainer(options).FitAsync(Sum());

        Assert.All(LeafCounts(all), counts => Assert.Equal(400, counts.Sum()));
        // Each row is drawn by itself: five standard deviations of the count are 43.
        Assert.All(LeafCounts(quarter), counts => Assert.InRange(counts.Sum(), 57, 143));
    }

    [Fact]
    public async Task FitAsync_BaggingFrequency_RowsAreDrawnAnewAfterSoManyTrees()
    {
        var options = OneTree();
        (options.MaximumIterations, options.BaggingFraction) = (6, 0.5);
        using var often = await new TreeTrainer(options).FitAsync(Sum());
        options.BaggingFrequency = 3;

        using var seldom = await new TreeTrainer(options).FitAsync(Sum());

        // How many rows a draw takes is chance too, with a deviation of 10.
        Assert.InRange(LeafCounts(often).Select(c => c.Sum()).Distinct().Count(), 3, 6);
        var draws = LeafCounts(seldom).Select(c => c.Sum()).ToArray();
        Assert.Equal([draws[0], draws[0], draws[0], draws[3], draws[3], draws[3]], draws);
        Assert.NotEqual(draws[0], draws[3]);
    }

    [Fact]
    public async Task FitAsync_MaximumDepth_BoundsTheWayToALeaf()
    {
        var options = OneTree();
        (options.MaximumLeaves, options.MinimumRowsInLeaf) = (31, 2);
        using var deep = await new TreeTrainer(options).FitAsync(Sum());
        options.MaximumDepth = 3;

        using var flat = await new TreeTrainer(options).FitAsync(Sum());

        Assert.True(Depth(deep.Model.Trees[0], 0) > 3);
        Assert.Equal(3, Depth(flat.Model.Trees[0], 0));

        static int Depth(LightGbmTree tree, int split) => split < 0 ? 0 : 1 + Math.Max(Depth(tree, tree.LeftChildren[split]), Depth(tree, tree.RightChildren[split]));
    }

    [Fact]
    public async Task FitAsync_MinimumRowsInLeaf_IsWhatEachLeafHas()
    {
        var options = OneTree();
        (options.MaximumLeaves, options.MinimumRowsInLeaf) = (31, 2);
        using var small = await new TreeTrainer(options).FitAsync(Sum());
        options.MinimumRowsInLeaf = 40;

        using var large = await new TreeTrainer(options).FitAsync(Sum());

        Assert.Contains(LeafCounts(small).Single(), count => count < 20);
        Assert.All(LeafCounts(large).Single(), count => Assert.InRange(count, 40, 400));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FitAsync_ZeroAsMissing_ZeroGoesWhereNullGoes(bool zeroAsMissing)
    {
        // Labels of 0, of null and of the numbers beside them are far apart.
        var set = new Rows().Float32("x", [.. Enumerable.Range(0, 300).Select(i => (i % 3) switch { 0 => 0f, 1 => (float?)null, _ => i % 2 == 0 ? -1f : 1f })])
            .Label("label", [.. Enumerable.Range(0, 300).Select(i => (i % 3) switch { 0 => 5f, 1 => -5f, _ => 0f })]).Set("label");
        var options = OneTree();
        (options.ZeroAsMissing, options.MaximumIterations, options.MaximumLeaves, options.LearningRate) = (zeroAsMissing, 5, 4, 0.5);

        using var trees = await new TreeTrainer(options).FitAsync(set);

        var scores = trees.Predict(new Rows().Float32("x", 0f, null).Batch());
        Assert.Equal(zeroAsMissing, scores[0] == scores[1]);
    }

    [Fact]
    public async Task FitAsync_MaximumBins_BoundsTheThresholdsOfAFeature()
    {
        var options = OneTree();
        (options.MaximumIterations, options.MaximumLeaves, options.MinimumRowsInLeaf) = (10, 31, 2);
        using var many = await new TreeTrainer(options).FitAsync(Sum());
        options.MaximumBins = 4;

        using var few = await new TreeTrainer(options).FitAsync(Sum());

        Assert.True(Thresholds(many) > 20);
        Assert.InRange(Thresholds(few), 1, 3);

        static int Thresholds(TrainedTrees trees)
            => trees.Model.Trees.SelectMany(t => t.Features.Zip(t.Thresholds)).Where(p => p.First == 0).Select(p => p.Second).Distinct().Count();
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.8)]
    public async Task FitAsync_Alpha_IsTheShareOfLabelsBelow(double alpha)
    {
        var options = OneTree();
        (options.Objective, options.Alpha, options.MaximumIterations, options.MaximumLeaves, options.LearningRate) = (TreeObjective.Quantile, alpha, 60, 4, 0.2);
        var set = Sum();

        using var trees = await new TreeTrainer(options).FitAsync(set);

        var batch = await SyntheticRows.BatchOf(set);
        var labels = ((FloatArray)batch.Column("label")).Values.ToArray();
        Assert.InRange(trees.Predict(batch).Zip(labels).Count(p => p.Second <= p.First) / 400.0, alpha - 0.06, alpha + 0.06);
    }

    [Fact]
    public async Task FitAsync_MonotoneFeatureBehindOthers_IsThatOfItsColumn()
    {
        // Columns go by type, so that the last feature has the first column.
        var random = new Random(1);
        var set = new Rows().Int64("code", [.. Enumerable.Range(0, 200).Select(_ => (long?)random.Next(9))])
            .Boolean("flag", [.. Enumerable.Range(0, 200).Select(i => (bool?)(i % 2 == 0))])
            .Float32("x", [.. Enumerable.Range(0, 200).Select(_ => (float?)random.NextSingle())])
            .Label("label", [.. Enumerable.Range(0, 200).Select(_ => random.NextSingle())]).Set("label");
        var options = OneTree();
        (options.MonotoneConstraints["x"], options.MonotoneConstraints["code"]) = (1, -1);

        using var trees = await new TreeTrainer(options).FitAsync(set);

        Assert.Equal(["x", "code", "flag"], trees.Model.FeatureNames);
        Assert.Equal([1, -1, 0], trees.Model.MonotoneConstraints);
    }

    private static TreeOptions OneTree() => new()
    {
        Objective = TreeObjective.Regression,
        MaximumIterations = 1,
        MaximumLeaves = 2,
        ValidationShare = 0,
        Threads = 1,
        Parameters = { ["min_sum_hessian_in_leaf"] = "0" },
    };

    private static ArrowTrainingSet TwoLevels() => new Rows()
        .Float32("x", [.. Enumerable.Range(0, 200).Select(i => (float?)(i % 2))])
        .Label("label", [.. Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? -1f : 3f)]).Set("label");

    private static ArrowTrainingSet Sum()
    {
        var random = new Random(5);
        var columns = Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, 400).Select(_ => random.NextSingle()).ToArray()).ToArray();
        var rows = new Rows();
        for (var column = 0; column < 4; column++)
        {
            rows.Float32($"x{column}", [.. columns[column].Select(v => (float?)v)]);
        }

        return rows.Label("label", [.. Enumerable.Range(0, 400).Select(i => columns.Sum(c => c[i]) + (0.3f * random.NextSingle()))]).Set("label");
    }

    private static IEnumerable<int[]> LeafCounts(TrainedTrees trees)
        => trees.ToText().Split('\n').Where(l => l.StartsWith("leaf_count=", StringComparison.Ordinal))
            .Select(l => l["leaf_count=".Length..].Split(' ').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray());
}
