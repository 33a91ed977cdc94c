using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Mlp.Runtime.Data;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Models;
using Mlp.Runtime.Tests.Kernels;
using Mlp.Training.Export;
using Mlp.Training.Trees;
using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Tests.Trees;

/// <summary>Models of every objective, over data with missing values, zeros and categories: LightGBM, our own scorer and ONNX Runtime say the same.</summary>
public sealed class TreeConversionTests
{
    private const double Tolerance = 2e-6;

    public static TheoryData<string, int, string> Objectives => new()
    {
        { "binary", 1, "class" },
        { "binary sigmoid=0.7", 1, "class" },
        { "binary zero_as_missing=true", 1, "class" },
        { "binary use_missing=false", 1, "class" },
        { "binary boosting=dart drop_rate=0.3", 1, "class" },
        { "binary boosting=rf bagging_freq=1 bagging_fraction=0.6", 1, "class" },
        { "binary data_sample_strategy=goss", 1, "class" },
        { "binary extra_trees=true max_cat_to_onehot=30", 1, "class" },
        { "multiclass num_class=3", 3, "classes" },
        { "multiclass num_class=3 boosting=rf bagging_freq=1 bagging_fraction=0.6", 3, "classes" },
        { "multiclass num_class=3 zero_as_missing=true", 3, "classes" },
        { "multiclassova num_class=3 sigmoid=1.5", 3, "classes" },
        { "regression", 1, "number" },
        { "regression reg_sqrt=true", 1, "number" },
        { "regression boosting=rf bagging_freq=1 bagging_fraction=0.6", 1, "number" },
        { "regression_l1", 1, "number" },
        { "huber", 1, "number" },
        { "fair", 1, "number" },
        { "quantile", 1, "number" },
        { "mape", 1, "number" },
        { "poisson", 1, "count" },
        { "gamma", 1, "positive" },
        { "tweedie", 1, "count" },
        { "cross_entropy", 1, "share" },
        { "cross_entropy_lambda", 1, "share" },
        { "lambdarank", 1, "grade" },
        { "rank_xendcg", 1, "grade" },
    };

    [Theory]
    [MemberData(nameof(Objectives))]
    public void ToOnnx_EveryObjective_AgreesWithLightGbm(string objective, int scoreCount, string label) => Check(objective, scoreCount, label, 1500, 40, seed: 5);

    [Theory]
    [InlineData("binary", 1, "class")]
    [InlineData("regression", 1, "number")]
    [InlineData("regression zero_as_missing=true", 1, "number")]
    [InlineData("multiclass num_class=3", 3, "classes")]
    public void ToOnnx_FiveHundredIterations_AgreesWithLightGbm(string objective, int scoreCount, string label)
        => Check(objective + " num_leaves=15 learning_rate=0.05", scoreCount, label, 2000, 500, seed: 6);

    [Property(MaxTest = 15)]
    public Property ToOnnx_RandomModels_AgreeWithLightGbm()
        => Prop.ForAll(
            Gen.Choose(0, 100_000).Zip(Gen.Elements("binary", "binary zero_as_missing=true", "regression", "regression use_missing=false", "poisson")).ToArbitrary(),
            pair =>
            {
                var random = new Random(pair.Item1);
                var label = pair.Item2.StartsWith("binary", StringComparison.Ordinal) ? "class" : pair.Item2 == "poisson" ? "count" : "number";
                Check($"{pair.Item2} num_leaves={random.Next(2, 40)} min_data_in_leaf={random.Next(1, 20)} max_bin={random.Next(4, 255)}", 1, label, random.Next(60, 600), random.Next(1, 60), pair.Item1);
            });

    [Property(MaxTest = 4)]
    public Property ToOnnx_RandomModelsOfHundredsOfTrees_AgreeWithLightGbm()
        => Prop.ForAll(
            Gen.Choose(0, 100_000).Zip(Gen.Elements("binary", "regression zero_as_missing=true", "multiclass num_class=3", "tweedie", "cross_entropy")).ToArbitrary(),
            pair =>
            {
                var random = new Random(pair.Item1);
                var (scoreCount, label) = pair.Item2[..3] switch
                {
                    "mul" => (3, "classes"),
                    "bin" => (1, "class"),
                    "twe" => (1, "count"),
                    "cro" => (1, "share"),
                    _ => (1, "number"),
                };
                Check($"{pair.Item2} num_leaves={random.Next(2, 24)} min_data_in_leaf={random.Next(1, 20)} learning_rate=0.05", scoreCount, label, random.Next(300, 900), random.Next(300, 501) / scoreCount, pair.Item1);
            });

    [Fact]
    public void ToOnnx_CategoriesAbove32And64_AreOfTheSet()
    {
        var random = new Random(8);
        var rows = TreeData.Rows(random, 3000, isTraining: true);
        for (var i = 0; i < rows.Length; i += TreeData.Width)
        {
            rows[i + 7] = random.Next(700);
        }

        float[] labels = [.. rows.Chunk(TreeData.Width).Select(r => (int)r[7] % 7 < 3 ? 1f : 0f)];
        Agree(TreeData.Train(rows, labels, "objective=binary min_data_per_group=1 cat_smooth=0 cat_l2=0 max_cat_threshold=400", 20), 1, rows, Tolerance);
    }

    [Fact]
    public void ToOnnx_TreesOfOneLeaf_GiveTheirNumber()
    {
        var random = new Random(9);
        var rows = TreeData.Rows(random, 30, isTraining: true);
        var text = TreeData.Train(rows, TreeData.Labels(random, rows, (s, _) => s), "objective=regression min_data_in_leaf=1000", 3);

        Agree(text, 1, rows, Tolerance);
        Assert.Equal(0, LightGbmModel.Parse(text).Trees[0].SplitCount);
    }

    [Theory]
    [InlineData(TreePrecision.Float32)]
    [InlineData(TreePrecision.Float64)]
    public void ToOnnx_ThresholdsThatRowsMeet_GoTheSameWay(TreePrecision precision)
    {
        // Values at every threshold, and their neighbours in float32.
        var random = new Random(10);
        var rows = TreeData.Rows(random, 1500, isTraining: true);
        var text = TreeData.Train(rows, TreeData.Labels(random, rows, (s, r) => s + r.NextDouble()), "objective=regression num_leaves=63", 20);
        var model = LightGbmModel.Parse(text);
        float[] thresholds = [.. model.Trees.SelectMany(t => Enumerable.Range(0, t.SplitCount).Where(s => !t.IsCategorical(s)).Select(s => (float)t.Thresholds[s]))];
        var probes = TreeData.Rows(random, 4000, isTraining: false);
        for (var i = 0; i < probes.Length; i++)
        {
            var threshold = thresholds[random.Next(thresholds.Length)];
            probes[i] = i % TreeData.Width >= 6 ? probes[i] : random.Next(4) switch { 0 => threshold, 1 => MathF.BitIncrement(threshold), 2 => MathF.BitDecrement(threshold), _ => probes[i] };
        }

        var onnx = model.ToOnnx(new TreeConversionOptions { Precision = precision, IncludeRawScore = true });

        Assert.InRange(TreeData.Difference(TreeData.Run(onnx, probes, TreeData.Width, LightGbmModel.RawScoreOutput), TreeData.Native(text, probes, TreeData.Width, 1, 1)), 0, Tolerance);
    }

    [Fact]
    public void ToOnnx_Float64Inputs_GoTheSameWayBetweenFloat32Values()
    {
        var random = new Random(11);
        var rows = new double[600 * 2];
        for (var i = 0; i < rows.Length; i++)
        {
            // Differences that float32 does not have.
            rows[i] = 1_000_000 + (random.Next(1000) * 1e-6);
        }

        const string Parameters = "verbosity=-1 objective=regression min_data_in_leaf=5";
        using var threads = new LightGbmThreads(1);
        using var dataset = LightGbmDataset.FromMatrix(rows, 2, Parameters);
        dataset.SetLabels([.. rows.Chunk(2).Select(r => (float)((r[0] - 1_000_000) * 1000))]);
        using var booster = LightGbmBooster.Create(dataset, Parameters);
        while (booster.Metrics(0)[0] > 1e-4 && booster.Update())
        {
        }

        var model = LightGbmModel.Parse(booster.ToText(0));
        var native = new double[600];
        booster.Predict(rows, 2, LightGbmNative.RawScore, native, "verbosity=-1");
        using var session = new Microsoft.ML.OnnxRuntime.InferenceSession(model.ToOnnx(new TreeConversionOptions { InputType = FeatureType.Float64 }));
        var input = Microsoft.ML.OnnxRuntime.NamedOnnxValue.CreateFromTensor("float64", new Microsoft.ML.OnnxRuntime.Tensors.DenseTensor<double>(rows, [600, 2]));
        using var results = session.Run([input]);

        Assert.True(native.Max() - native.Min() > 0.5);
        Assert.InRange(TreeData.Difference([.. results.Single().AsEnumerable<float>()], native), 0, Tolerance);
    }

    [Theory]
    [InlineData("binary", 1, "class", ModelTask.BinaryClassification)]
    [InlineData("regression", 1, "number", ModelTask.Regression)]
    [InlineData("multiclass num_class=3", 3, "classes", ModelTask.MulticlassClassification)]
    public void ToOnnx_NumbersOnly_BecomesAKernelThatAgrees(string objective, int scoreCount, string label, ModelTask task)
    {
        var random = new Random(12);
        var rows = TreeData.Rows(random, 1000, isTraining: true);
        var labels = TreeData.Labels(random, rows, Label(label));
        var text = TreeData.Train(rows, labels, "objective=" + objective, 30, categories: string.Empty);

        foreach (var operation in Enum.GetValues<TreeOperator>())
        {
            foreach (var precision in (TreePrecision[])[TreePrecision.Float32, TreePrecision.Float64])
            {
                var onnx = LightGbmModel.Parse(text).ToOnnx(new TreeConversionOptions { Operator = operation, Precision = precision });
                KernelFixture.AssertAgrees(onnx, LightGbmModel.ScoreOutput, KernelKind.Trees, task);
            }
        }

        Assert.Equal(scoreCount, LightGbmModel.Parse(text).ScoreCount);
    }

    private static void Check(string objective, int scoreCount, string label, int rowCount, int iterations, int seed)
    {
        var random = new Random(seed);
        var rows = TreeData.Rows(random, rowCount, isTraining: true);
        var labels = TreeData.Labels(random, rows, Label(label));
        int[]? groups = label == "grade" ? [.. Enumerable.Repeat(10, rowCount / 10)] : null;
        var text = TreeData.Train(rows, labels, "objective=" + objective, iterations, groups);
        Agree(text, scoreCount, [.. rows, .. TreeData.Rows(random, 600, isTraining: false)], Tolerance);
    }

    private static Func<double, Random, double> Label(string kind) => kind switch
    {
        "class" => (s, r) => s + (r.NextDouble() - 0.5) > 0.3 ? 1 : 0,
        "classes" => (s, r) => Math.Clamp(Math.Round(s + r.NextDouble()), 0, 2),
        "count" => (s, r) => Math.Round(Math.Exp(Math.Clamp(s, -2, 2)) + r.NextDouble()),
        "positive" => (s, r) => Math.Exp(Math.Clamp(s, -2, 2)) + 0.1,
        "share" => (s, _) => 1 / (1 + Math.Exp(-s)),
        "grade" => (s, _) => Math.Clamp(Math.Round(s + 1), 0, 3),
        _ => (s, r) => (40 * s) + r.NextDouble(),
    };

    private static void Agree(string text, int scoreCount, float[] rows, double tolerance)
    {
        var model = LightGbmModel.Parse(text);
        var (raw, scores) = (TreeData.Native(text, rows, TreeData.Width, scoreCount, 1), TreeData.Native(text, rows, TreeData.Width, scoreCount, 0));
        var own = new double[scoreCount];
        for (var row = 0; row < rows.Length / TreeData.Width; row++)
        {
            double[] values = [.. rows.AsSpan(row * TreeData.Width, TreeData.Width).ToArray().Select(v => (double)v)];
            model.Predict(values, own);
            for (var i = 0; i < scoreCount; i++)
            {
                Assert.Equal(scores[(row * scoreCount) + i], own[i], 1e-12 * Math.Max(1, Math.Abs(own[i])));
            }

            model.PredictRaw(values, own);
            for (var i = 0; i < scoreCount; i++)
            {
                // LightGBM's raw score of a random forest is the sum, ours the mean that everything else is made of.
                raw[(row * scoreCount) + i] /= model.IsAveraged ? model.IterationCount : 1;
                Assert.Equal(raw[(row * scoreCount) + i], own[i], 1e-12 * Math.Max(1, Math.Abs(own[i])));
            }
        }

        foreach (var operation in Enum.GetValues<TreeOperator>())
        {
            var onnx = model.ToOnnx(new TreeConversionOptions { Operator = operation, IncludeRawScore = true });
            Assert.InRange(TreeData.Difference(TreeData.Run(onnx, rows, TreeData.Width, LightGbmModel.RawScoreOutput), raw), 0, tolerance);
            Assert.InRange(TreeData.Difference(TreeData.Run(onnx, rows, TreeData.Width, LightGbmModel.ScoreOutput), scores), 0, 1e-5);
        }

        var classes = model.Task == ModelTask.MulticlassClassification ? Enumerable.Range(0, scoreCount).Select(c => $"class {c}").ToArray() : null;
        var generated = model.ToPackage(classNames: classes).ExportProof!;
        Assert.InRange(generated.MaximumDifference, 0, tolerance);
        Assert.InRange(generated.RowCount, 256, 4096);
        double[] given = [.. rows.Take(200 * TreeData.Width).Select(v => (double)v)];
        Assert.InRange(model.ToPackage(new() { InputType = FeatureType.Float64 }, classes, rows: given).ExportProof!.MaximumDifference, 0, tolerance);
    }

    [Fact]
    public void ToPackage_FileThatDiffersByMore_IsRefused()
    {
        var random = new Random(13);
        var rows = TreeData.Rows(random, 1000, isTraining: true);
        var text = TreeData.Train(rows, TreeData.Labels(random, rows, (s, r) => (1000 * s) + r.NextDouble()), "objective=regression", 60);
        var model = LightGbmModel.Parse(text);

        var error = Assert.Throws<ExportRefusedException>(() => model.ToPackage(new() { Precision = TreePrecision.Float32 }, tolerance: 1e-9));

        Assert.StartsWith("Expected the exported model to agree with the trained one within 1E-09 (relative to scores above 1), but on ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("TreePrecision.Float64 keeps the sums of the leaves; a tolerance of your own lets more through.", error.Message, StringComparison.Ordinal);
        Assert.True(error.Proof.MaximumDifference > 1e-9);
    }

    [Fact]
    public void ToPackage_OtherNumberOfClassesThanScores_IsProvedWithoutTheLibrary()
    {
        // LightGBM would write three numbers for each row where the model has one.
        var random = new Random(14);
        var rows = TreeData.Rows(random, 500, isTraining: true);
        var text = TreeData.Train(rows, TreeData.Labels(random, rows, (s, r) => s + r.NextDouble()), "objective=regression", 5).Replace("num_class=1\n", "num_class=3\n", StringComparison.Ordinal);

        Assert.Equal((3, 1), (LightGbmModel.Parse(text).ClassCount, LightGbmModel.Parse(text).ScoreCount));
        Assert.InRange(LightGbmModel.Parse(text).ToPackage().ExportProof!.MaximumDifference, 0, Tolerance);
    }
}
