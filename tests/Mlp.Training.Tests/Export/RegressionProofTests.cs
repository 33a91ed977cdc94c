using Mlp.Runtime.Models;
using Mlp.Training.Export;
using Mlp.Training.Networks;
using Mlp.Training.Tests.Networks;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Export;

public sealed class RegressionProofTests
{
    // Labels whose deviation is about 20,000,000 and whose mean is 0: most predictions lie far above 1, and float32 keeps 7 digits of the deviation, not of the prediction.
    [Fact]
    public async Task Export_RegressionOfGreatLabels_IsHeldToTheLabelsDeviation()
    {
        using var network = await TrainAsync(1_000_000);

        var proof = network.Export().ExportProof;

        var labels = network.Rows.Labels[..network.TrainingCount].ToArray();
        var mean = labels.Average();
        Assert.Equal(Math.Sqrt(labels.Average(l => (l - mean) * (l - mean))), proof.LabelScale!.Value, 1e-6 * proof.LabelScale.Value);
        Assert.InRange(proof.MaximumDifference, 0, OnnxExporter.Tolerance);
        Assert.Equal(proof, (await PublishAsync(network.Export())).ExportProof);
    }

    [Theory]
    [InlineData(ExportPrecision.Float16)]
    [InlineData(ExportPrecision.Int8)]
    public async Task Export_NarrowRegressionOfGreatLabels_IsHeldToTheLabelsDeviation(ExportPrecision precision)
    {
        using var network = await TrainAsync(1_000_000);

        var model = network.Export(new ExportOptions { Precision = precision });

        Assert.InRange(model.ExportProof.Precision!.MaximumDifference, 0, 0.05);
        Assert.NotNull(await PublishAsync(model));
    }

    [Fact]
    public async Task Export_SmallLabelsOrClasses_AreHeldToOne()
    {
        using var small = await TrainAsync(0.0001);
        using var classes = await OnnxExporterTests.TrainAsync();

        Assert.Null(small.Export().ExportProof.LabelScale);
        Assert.Null(classes.Export().ExportProof.LabelScale);
    }

    [Fact]
    public async Task Export_TreesOfARegression_SayTheirScale()
    {
        using var trees = await new TreeTrainer(new TreeOptions { Objective = TreeObjective.Regression, MaximumIterations = 3 }).FitAsync(SyntheticRows.Create(500, seed: 1, isRegression: true));

        var scale = trees.Export().ExportProof.LabelScale!.Value;

        Assert.Equal(trees.Rows.LabelDeviation(trees.TrainingCount), scale, 1e-9);
        Assert.InRange(scale, 5, 50);
    }

    [Fact]
    public void Describe_PartOfASet_SaysWhereItsRowsBegin()
    {
        var part = new ExportProofPart(600, 1, 2595, 0, 64);

        var inPart = new ProofFinding("real rows", part, 1, 2) { FirstRow = 2400 }.Describe("the trained one");
        var inAll = new ProofFinding("real rows", part with { Row = 5 }, 1, 2).Describe("the trained one");

        Assert.StartsWith("on real rows output 0 of row 2595 (one of 600 from row 2400 on) is 2 in a batch of 64", inPart, StringComparison.Ordinal);
        Assert.StartsWith("on real rows output 0 of row 5 of 600 is 2 in a batch of 64", inAll, StringComparison.Ordinal);
    }

    [Fact]
    public void Differs_RegressionAtExtremes_NamesScaleAndWayOut()
    {
        var proof = new ExportProof(600, 1, 1e-5) { LabelScale = 130.4 };
        var finding = new ProofFinding(ProofRows.ExtremeRows, new ExportProofPart(600, 1, 5, 0, 64), 1, 2);

        var message = ExportRefusedException.Differs(finding, proof, 1e-5).Message;

        Assert.Contains("(relative to scores above 130, the deviation of the training labels)", message, StringComparison.Ordinal);
        Assert.EndsWith(
            "A recipe with MaximumDeviation or bounds cuts such values off; ExportOptions.ExtremeTolerance set to infinity records the difference and refuses nothing.", message, StringComparison.Ordinal);
    }

    private static async Task<TrainedNetwork> TrainAsync(double factor)
    {
        var options = NetworkTrainerTests.Small();
        (options.Task, options.MaxEpochs, options.ValidationShare) = (ModelTask.Regression, 2, 0.3);
        return await new NetworkTrainer(options).FitAsync(Numbers(factor));
    }

    private static Mlp.Runtime.Data.ArrowTrainingSet Numbers(double factor)
    {
        var random = new Random(3);
        var x = Enumerable.Range(0, 3000).Select(_ => random.NextSingle() - 0.5f).ToArray();
        return new Rows().Float32("x", [.. x.Select(v => (float?)v)]).Float32("noise", [.. x.Select(_ => (float?)random.NextSingle())])
            .Label("label", [.. x.Select(v => (float)(factor * 70 * v))]).Set("label");
    }

    private static async Task<ModelManifest> PublishAsync(TrainedModel model)
    {
        using var directory = new TestRegistry();
        return await directory.Registry.PublishAsync("m", model.ToPackage());
    }
}
