using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Mlp.Runtime.Markup;
using Mlp.Runtime.Statistics;
using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Importance;
using Mlp.Training.Evaluation.LearningCurves;
using Mlp.Training.Evaluation.Plots;
using Mlp.Training.Runs;

namespace Mlp.Training.Tests.Evaluation.Plots;

public sealed class PlotTests
{
    public static TheoryData<string> Names => [.. Samples.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Svg_EveryPlot_IsWellFormedAndTellsWhatItShows(string name)
    {
        var plot = Samples[name]();

        var root = XDocument.Parse(plot.Svg).Root!;

        XNamespace svg = "http://www.w3.org/2000/svg";
        Assert.Equal(svg + "svg", root.Name);
        Assert.Equal("img", root.Attribute("role")!.Value);
        Assert.Equal((plot.Title, plot.Description), (root.Elements().First().Value, root.Elements().ElementAt(1).Value));
        Assert.Equal((svg + "title", svg + "desc"), (root.Elements().First().Name, root.Elements().ElementAt(1).Name));
        Assert.Contains("prefers-color-scheme:dark", root.Element(svg + "style")!.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", plot.Svg, StringComparison.Ordinal);
        Assert.DoesNotContain("script", plot.Svg, StringComparison.OrdinalIgnoreCase);

        // Everything drawn lies in the picture.
        foreach (var circle in root.Descendants(svg + "circle"))
        {
            Assert.InRange((double)circle.Attribute("cx")!, 0, 560);
            Assert.InRange((double)circle.Attribute("cy")!, 0, (double)root.Attribute("height")!);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Svg_SameData_SameBytes(string name) => Assert.Equal(Samples[name]().Svg, Samples[name]().Svg);

    // The first twelve digits of the SHA-256 of the bytes: who changes a plot looks at it and changes them.
    [Theory]
    [InlineData("roc", "440292161b72")]
    [InlineData("confusion", "189b52a68a5d")]
    [InlineData("importance", "5ec9e82d4a13")]
    public void Svg_KnownData_HasTheBytesThatWereLookedAt(string name, string expected)
        => Assert.Equal(expected, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Samples[name]().Svg)))[..12]);

    [Fact]
    public void Svg_TextFromOutside_IsEscaped()
    {
        var roc = ClassifierPlots.Roc(Rows("<script>alert('&')</script>", seed: 1));
        var importance = ModelPlots.Importance(new Dictionary<string, double> { ["a<b & \"c\""] = 1 }, "<gain>");

        Assert.Contains("&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;: AUC", roc.Svg, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", roc.Svg, StringComparison.Ordinal);
        Assert.Contains("a&lt;b &amp; &quot;c&quot;", importance.Svg, StringComparison.Ordinal);
        Assert.Contains("<script>", roc.Description, StringComparison.Ordinal);
        Assert.NotNull(XDocument.Parse(importance.Svg));
    }

    [Fact]
    public void Legend_AucAndAveragePrecision_AreTheKernels()
    {
        var rows = Rows("m", seed: 2);
        var metrics = BinaryClassificationMetrics.Compute(rows.Rows.Scores, Array.ConvertAll(rows.Rows.Labels.ToArray(), l => (byte)l));

        Assert.Contains(FormattableString.Invariant($"m: AUC {metrics.Auc:0.####}."), ClassifierPlots.Roc(rows).Description, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"m: average precision {metrics.AveragePrecision:0.####}."), ClassifierPlots.PrecisionRecall(rows).Description, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"m: calibration error {metrics.ExpectedCalibrationError:0.####}</text>"), ClassifierPlots.Calibration(rows).Svg, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_File_IsThePlot()
    {
        using var folder = new TempDirectory();
        var path = Path.Combine(folder.FullName, "roc.svg");
        var plot = ClassifierPlots.Roc(Rows("m", seed: 1));

        plot.Save(path);

        Assert.Equal(plot.Svg, File.ReadAllText(path));
        Assert.Equal((byte)'<', File.ReadAllBytes(path)[0]);
        Assert.Single(Directory.GetFiles(folder.FullName));
    }

    [Fact]
    public void Plots_BadInput_IsRefusedWithASentence()
    {
        Assert.StartsWith("Expected scores of at least one classifier, but found none.", Refused(() => ClassifierPlots.Roc()), StringComparison.Ordinal);
        Assert.StartsWith("Expected 2 to 20 classes and as many counts as their square, but found 3 classes and 4 counts.", Refused(() => ModelPlots.Confusion([1, 2, 3, 4], ["a", "b", "c"])), StringComparison.Ordinal);
        Assert.StartsWith("Expected the importance of at least one feature, but found none.", Refused(() => ModelPlots.Importance(new Dictionary<string, double>(), "gain")), StringComparison.Ordinal);
        Assert.StartsWith("Expected a training of at least one epoch, but found none.", Refused(() => TrainingPlots.Losses([])), StringComparison.Ordinal);
        Assert.StartsWith("Expected a metric that run 'r' has logged, but found 'auc'.", Refused(() => TrainingPlots.Metrics(Run(), "auc")), StringComparison.Ordinal);

        Assert.StartsWith("Expected a finite importance of every feature, but that of 'b' is NaN ± 0.", Refused(() => ModelPlots.Importance(new Dictionary<string, double> { ["a"] = 1, ["b"] = double.NaN }, "gain")), StringComparison.Ordinal);
        Assert.StartsWith("Expected counts of 0 or more, but found one that is negative or no finite number.", Refused(() => ModelPlots.Confusion([1, double.NaN, 3, 4], ["a", "b"])), StringComparison.Ordinal);
        Assert.StartsWith(
            "Expected predictions and labels whose mean squared error is a finite number, but theirs is beyond float64.",
            Refused(() => ModelPlots.Residuals(ScoredRows.Regression([.. new double[2000], 1e308], new double[2001]))),
            StringComparison.Ordinal);

        string Refused(Action draw) => Assert.ThrowsAny<ArgumentException>(draw).Message;
    }

    [Theory]
    [InlineData(double.MaxValue)]
    [InlineData(1e301)]
    [InlineData(double.Epsilon)]
    public void Over_ExtremeValues_HasAFewLines(double value)
    {
        var scale = ChartScale.Over([-value, value]);

        Assert.InRange(scale.Lines.Take(100).Count(), 1, 20);
        Assert.True(double.IsFinite(scale.Least) && double.IsFinite(scale.Greatest) && double.IsFinite(scale.Step));
    }

    // MLP_PLOTS names a folder to look at them in.
    [Fact]
    public void Samples_FolderGiven_AreWritten()
    {
        if (Environment.GetEnvironmentVariable("MLP_PLOTS") is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
            foreach (var (name, draw) in Samples)
            {
                draw().Save(Path.Combine(folder, name + ".svg"), overwrite: true);
            }
        }
    }

    private static Dictionary<string, Func<SvgPlot>> Samples { get; } = new()
    {
        ["roc"] = () => ClassifierPlots.Roc(Rows("challenger", 1), Rows("champion", 2, noise: 2)),
        ["precision-recall"] = () => ClassifierPlots.PrecisionRecall(Rows("challenger", 1), Rows("champion", 2, noise: 2)),
        ["calibration"] = () => ClassifierPlots.Calibration(Rows("before", 1, sharpness: 2.5), Rows("after", 1)),
        ["gain"] = () => ClassifierPlots.Gain(Rows("challenger", 1), Rows("champion", 2, noise: 2)),
        ["lift"] = () => ClassifierPlots.Lift(Rows("challenger", 1), Rows("champion", 2, noise: 2)),
        ["confusion"] = () => ModelPlots.Confusion(new ConfusionCounts(312, 95, 1480, 113), ["no tip", "tip"]),
        ["confusion-classes"] = () => ModelPlots.Confusion([50, 3, 0, 2, 4, 61, 7, 0, 0, 9, 40, 1, 0, 0, 0, 0], ["setosa", "versicolor", "a name that is far too long", "empty"]),
        ["residuals"] = Residuals,
        ["learning-curve"] = () => ModelPlots.LearningCurve(Curve()),
        ["importance"] = () => ModelPlots.Importance(Importance()),
        ["importance-trees"] = () => ModelPlots.Importance(Enumerable.Range(0, 30).ToDictionary(i => $"feature {i}", i => 1000.0 / (i + 1)), "Gain of splits"),
        ["losses"] = () => TrainingPlots.Losses([.. Enumerable.Range(1, 30).Select(e => new TrainingProgress(e, 50, 0.3 + Math.Exp(-e / 6.0), 0.4 + Math.Exp(-e / 6.0) + (0.003 * Math.Max(0, e - 18)), Math.Min(e, 18), TimeSpan.FromSeconds(e)))]),
        ["run"] = () => TrainingPlots.Metrics(Run(), "loss"),
        ["one-epoch"] = () => TrainingPlots.Losses([new TrainingProgress(1, 1, 0.5, null, 1, TimeSpan.Zero)]),
    };

    private static NamedScores Rows(string name, int seed, double noise = 1, double sharpness = 1)
    {
        var random = new Random(seed);
        var (scores, labels) = (new double[2000], new double[2000]);
        for (var i = 0; i < scores.Length; i++)
        {
            var odds = (random.NextDouble() * 6) - 4;
            labels[i] = random.NextDouble() < 1 / (1 + Math.Exp(-odds)) ? 1 : 0;
            odds += (noise - 1) * ((random.NextDouble() * 4) - 2);
            scores[i] = 1 / (1 + Math.Exp(-sharpness * odds));
        }

        return new(name, ScoredRows.Binary(scores, labels));
    }

    [Theory]
    [InlineData(1e308)]
    [InlineData(-1e300)]
    public void Residuals_NumbersBeyondAnyAxis_IsASentence(double said)
        => Assert.StartsWith(
            "Expected predictions and labels that an axis can show, within ±1E+100, but row 1 is beyond.",
            Assert.Throws<ArgumentException>(() => ModelPlots.Residuals(ScoredRows.Regression([1, said], [1, -said]))).Message,
            StringComparison.Ordinal);

    private static SvgPlot Residuals()
    {
        var random = new Random(3);
        double[] said = [.. Enumerable.Range(0, 5000).Select(_ => 100 + (random.NextDouble() * 900))];
        double[] labels = [.. said.Select(s => s + ((random.NextDouble() + random.NextDouble() - 1) * s / 4))];
        return ModelPlots.Residuals(ScoredRows.Regression(said, labels), "rides");
    }

    private static LearningCurve Curve()
    {
        var random = new Random(4);
        return LearningCurve.Of(GateMetric.LogLoss, [.. new[] { 500, 1000, 2000, 4000, 8000 }.SelectMany(n => Enumerable.Range(0, 4).Select(r =>
            new LearningCurveRun(n, r, 0.36 - (1.5 / Math.Sqrt(n)) + (0.004 * random.NextDouble()), 0.36 + (3 / Math.Sqrt(n)) + (0.008 * random.NextDouble()))))]);
    }

    private static PermutationImportance Importance()
    {
        using var model = new LinearModel();
        return PermutationImportance.MeasureAsync(model, LinearModel.Rows(500, seed: 5)).GetAwaiter().GetResult();
    }

    private static RunRecord Run() => new()
    {
        Id = "1",
        Experiment = "e",
        Name = "r",
        Status = RunStatus.Finished,
        StartedAt = DateTimeOffset.UnixEpoch,
        Metrics = new Dictionary<string, IReadOnlyList<MetricPoint>>
        {
            ["loss"] = [.. Enumerable.Range(0, 200).Select(s => new MetricPoint(s * 10, s == 50 ? double.NaN : Math.Exp(-s / 60.0), DateTimeOffset.UnixEpoch))],
        },
    };
}
