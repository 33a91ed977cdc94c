using Microsoft.ML.OnnxRuntime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.Training.Evaluation;
using Mlp.Training.Export;
using Mlp.Training.Networks;
using Mlp.Training.Tests.Networks;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Export;

public sealed class OnnxExporterTests
{
    [Theory]
    [InlineData(true, 16, 8)]
    [InlineData(false, 16, 8)]
    [InlineData(true)]
    public async Task Export_Classifier_AgreesWithTheNetworkOnUnseenRows(bool batchNorm, params int[] hidden)
    {
        var options = NetworkTrainerTests.Small();
        (options.BatchNorm, options.HiddenLayers, options.MaxEpochs) = (batchNorm, hidden, 4);
        using var network = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(1500, seed: 1));

        var model = network.Export();

        Assert.Equal(300, model.ExportProof.RowCount);
        Assert.InRange(model.ExportProof.MaximumDifference, 0, OnnxExporter.Tolerance);
        Assert.Equal(OnnxExporter.Tolerance, model.ExportProof.Tolerance);
        await AssertSameScoresAsync(network, model, SyntheticRows.Create(500, seed: 2));
    }

    [Fact]
    public async Task Export_GoldenRows_AreRowsOfTheProofThatThePublishedModelAnswersAlike()
    {
        using var network = await TrainAsync();
        using var directory = new TestRegistry();

        var model = network.Export();
        var manifest = await directory.Registry.PublishAsync("m", model.ToPackage());

        var golden = (await directory.Registry.ReadGoldenRowsAsync(manifest))!;
        Assert.Equal(16, golden.Count);
        Assert.Equal(model.Features, golden.Features);
        Assert.Equal(OnnxExporter.Tolerance, golden.Tolerance);
        Assert.Null(network.Export(new ExportOptions { GoldenRowCount = 0 }).GoldenRows);
        Assert.Throws<ArgumentException>(() => network.Export(new ExportOptions { GoldenRowCount = 65 }));
    }

    [Fact]
    public async Task Export_NetworkOverAVector_IsProvedPublishedAndLeftOutOfTheProfile()
    {
        var random = new Random(1);
        var vectors = Enumerable.Range(0, 400).Select(i => i % 9 == 0 ? null : new[] { random.NextSingle(), random.NextSingle(), random.NextSingle() }).ToArray();
        var rows = new Rows().Vector("embedding", 3, vectors).Float32("rank", [.. Enumerable.Range(0, 400).Select(_ => (float?)random.NextSingle())])
            .Label("label", [.. vectors.Select(v => v is not null && v[1] > 0.5f)]).Time("at", [.. Enumerable.Range(0, 400).Select(i => (long)i)]);
        using var network = await new NetworkTrainer(NetworkTrainerTests.Small()).FitAsync(rows.Set("label", "at"));
        using var directory = new TestRegistry();

        var model = network.Export();
        var manifest = await directory.Registry.PublishAsync("m", model.ToPackage());

        Assert.InRange(model.ExportProof.MaximumDifference, 0, OnnxExporter.Tolerance);
        Assert.Equal([-1, 4], OnnxModelReader.Read("m", model.Onnx.Span).Signature.Inputs[0].Dimensions);
        Assert.Equal(3, manifest.Features![0].Length);
        Assert.Equal(16, (await directory.Registry.ReadGoldenRowsAsync(manifest))!.Count);
        var profile = ReferenceProfile.Parse(model.ReferenceProfile.Span);
        Assert.Null(profile.Find("embedding"));
        Assert.NotNull(profile.Find("rank"));
    }

    [Fact]
    public async Task Export_Regression_AgreesInTheLabelsUnit()
    {
        var options = NetworkTrainerTests.Small();
        (options.Task, options.MaxEpochs, options.ValidationShare) = (ModelTask.Regression, 3, 0);
        using var network = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(600, seed: 1, isRegression: true));

        var model = network.Export(new ExportOptions { LabelUnit = "USD", LabelDefinition = "The fare." });

        // Without validation rows the training rows prove the export.
        Assert.Equal(600, model.ExportProof.RowCount);
        Assert.Equal(("USD", "The fare.", ModelTask.Regression), (model.Output.LabelUnit, model.Output.LabelDefinition, model.Output.Task));
        await AssertSameScoresAsync(network, model, SyntheticRows.Create(500, seed: 2, isRegression: true));
    }

    [Fact]
    public async Task Export_Tolerance_DecidesInThePlaceOfTheTrainers()
    {
        using var network = await TrainAsync(o => o.HiddenLayers = [64, 64]);
        var difference = network.Export().ExportProof.MaximumDifference;
        Assert.InRange(difference, 1e-8, 1e-5);

        Assert.Equal(0.001, network.Export(new ExportOptions { Tolerance = 0.001 }).ExportProof.Tolerance);
        var error = Assert.Throws<ExportRefusedException>(() => network.Export(new ExportOptions { Tolerance = difference / 2 }));

        Assert.Equal((difference / 2, difference), (error.Limit, error.Proof.MaximumDifference));
    }

    [Fact]
    public async Task Export_ExtremeTolerance_IsTheToleranceUnlessItIsGiven()
    {
        // Inputs that are cut off late grow far beyond what the rows show, and with them what is rounded.
        using var network = await TrainAsync(o => (o.Task, o.HiddenLayers, o.Preprocessing.MaximumDeviation) = (ModelTask.Regression, [64, 64], 10_000));
        var proof = network.Export(new ExportOptions { Tolerance = 1 }).ExportProof;
        var ofOthers = Math.Max(proof.Real!.MaximumDifference, proof.Missing!.MaximumDifference);
        Assert.True(proof.Extreme!.MaximumDifference > 1.5 * ofOthers, $"{proof.Extreme.MaximumDifference} and {ofOthers}");
        var options = new ExportOptions { Tolerance = 1.2 * ofOthers };

        var error = Assert.Throws<ExportRefusedException>(() => network.Export(options));

        Assert.Contains("but on rows with extreme values output 0 of row ", error.Message, StringComparison.Ordinal);
        Assert.Equal(options.Tolerance, error.Limit);
        options.ExtremeTolerance = double.PositiveInfinity;
        Assert.Equal(proof.Extreme, network.Export(options).ExportProof.Extreme);
    }

    [Fact]
    public async Task Export_Signature_HasOneInputPerElementTypeAndTheStatus()
    {
        using var network = await TrainAsync();

        var signature = OnnxModelReader.Read("m", network.Export().Onnx.Span).Signature;

        Assert.Equal(
            ["'float32' of type Float32 [N, 1]", "'float64' of type Float64 [N, 1]", "'int64' of type Int64 [N, 1]", "'boolean' of type Boolean [N, 1]", "'string' of type String [N, 1]", "'status' of type UInt8 [N, 5]"],
            signature.Inputs.Select(i => i.ToString()));
        Assert.Equal(["'score' of type Float32 [N, 1]"], signature.Outputs.Select(o => o.ToString()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Export_ReferenceProfile_HoldsWhatQualityIsEstimatedByWithoutLabels(bool isRegression)
    {
        var set = SyntheticRows.Create(1_500, seed: 5, isRegression);
        var options = NetworkTrainerTests.Small();
        options.Task = isRegression ? ModelTask.Regression : ModelTask.BinaryClassification;
        options.ValidationShare = 0.4;
        options.MaxEpochs = 3;
        using var network = await new NetworkTrainer(options).FitAsync(set);

        var profile = ReferenceProfile.Parse(network.Export(new ExportOptions { DecisionThreshold = isRegression ? 0.5 : 0.4 }).ReferenceProfile.Span);

        // Learnt on the rows behind the training rows, which are the last 600.
        if (isRegression)
        {
            Assert.Null(profile.Estimator);
            Assert.Equal((600, 4), (profile.LossEstimator!.RowCount, profile.LossEstimator.FeatureCount));
            var estimate = profile.LossEstimator.Estimate([5, 20, 7, 1, double.NaN, 20, double.NaN, 0], [100, 100]).MeanAbsoluteError;
            Assert.True(estimate.Value > 0 && estimate.UpperThreshold > 0);
        }
        else
        {
            Assert.Null(profile.LossEstimator);
            Assert.Equal((600, 0.4), (profile.Estimator!.RowCount, profile.Estimator.Threshold));
            Assert.InRange(profile.Estimator.Estimate([0.1, 0.4, 0.9])[0].Value, 0.5, 1);
        }
    }

    [Fact]
    public async Task Export_HoldoutTooSmall_LearnsNoEstimator()
    {
        using var network = await TrainAsync();

        Assert.Null(ReferenceProfile.Parse(network.Export().ReferenceProfile.Span).Estimator);
    }

    [Fact]
    public async Task Export_Metadata_NamesFeaturesServiceAndTrainingSet()
    {
        var rows = SyntheticRows.Create(300, seed: 1);
        var set = new WithService(rows, new FeatureServiceReference("trips", 2, new string('a', 64)));
        var options = NetworkTrainerTests.Small();
        options.MaxEpochs = 1;
        using var network = await new NetworkTrainer(options).FitAsync(set);

        var model = network.Export();

        using var session = new InferenceSession(model.Onnx.ToArray());
        var metadata = session.ModelMetadata.CustomMetadataMap;
        Assert.StartsWith("""[{"name":"miles","type":"float32","view":"view"},""", metadata["mlp.features"], StringComparison.Ordinal);
        Assert.Equal("trips/2", metadata["mlp.feature_service"]);
        Assert.Equal(new string('a', 64), metadata["mlp.feature_service.fingerprint"]);
        Assert.Equal(rows.Manifest.ContentHash, metadata["mlp.training_set.sha256"]);
        Assert.Equal(SyntheticRows.Label, metadata["mlp.label"]);
        Assert.Equal(set.Manifest.FeatureService, model.FeatureService);
        Assert.Equal(rows.Manifest.ContentHash, model.TrainingSetHash);
        Assert.Equal(set.Manifest.ToJson(), model.ToPackage().TrainingSetManifest.ToArray());
    }

    [Fact]
    public async Task Export_Twice_SameBytes()
    {
        using var network = await TrainAsync();

        Assert.Equal(network.Export().Onnx.ToArray(), network.Export().Onnx.ToArray());
    }

    [Fact]
    public async Task Export_AfterDispose_TheModelStays()
    {
        var network = await TrainAsync();
        var model = network.Export();
        network.Dispose();

        var result = await Evaluator.EvaluateAsync(model, SyntheticRows.Create(200, seed: 9));

        Assert.Equal(200, result.RowCount);
        Assert.Throws<ObjectDisposedException>(() => network.Export());
    }

    [Fact]
    public async Task Export_ReferenceProfile_CoversFeaturesAndScoreOfTheTrainingSet()
    {
        using var network = await TrainAsync(o => o.Preprocessing.CategoricalFeatures.Add("hour"));

        var profile = ReferenceProfile.Parse(network.Export().ReferenceProfile.Span);

        Assert.Equal(300, profile.RowCount);
        Assert.Equal(["miles", "fare", "hour", "card", "company"], profile.Features.Select(f => f.Name));
        Assert.IsType<CategoricalFeatureProfile>(profile.Find("hour"));
        Assert.IsType<CategoricalFeatureProfile>(profile.Find("company"));
        Assert.IsType<NumericFeatureProfile>(profile.Find("card"));
        Assert.True(profile.Find("fare")!.MissingCount > 0);
        Assert.True(profile.Score!.IsProbability);
    }

    [Fact]
    public async Task Export_ReferenceQuantileSketch_IsKeptInTheProfile()
    {
        using var network = await TrainAsync();

        Assert.NotNull(ReferenceProfile.Parse(network.Export().ReferenceProfile.Span).Find("fare")!.Sketches!.Values);
        var byRank = ReferenceProfile.Parse(network.Export(new ExportOptions { ReferenceQuantileSketch = QuantileSketchKind.Kll }).ReferenceProfile.Span).Find("fare")!.Sketches!;
        Assert.Equal((true, true), (byRank.Ranks is not null, byRank.Values is null));
        var error = Assert.Throws<ArgumentException>(() => network.Export(new ExportOptions { ReferenceQuantileSketch = (QuantileSketchKind)9 }));
        Assert.StartsWith("ExportOptions.ReferenceQuantileSketch must be DDSketch or Kll, but is 9.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_OpsetTooOldForTheTrees_IsRefused()
    {
        using var trees = await new TreeTrainer(new TreeOptions { MaximumIterations = 2 }).FitAsync(SyntheticRows.Create(300, seed: 1));

        var opset = Assert.Throws<ArgumentException>(() => trees.Export(new ExportOptions { Opset = 17 }));
        var precision = Assert.Throws<ArgumentException>(() => trees.Export(new ExportOptions { Precision = ExportPrecision.Int8 }));

        Assert.StartsWith("ExportOptions.Opset must be at least 21 for the operators of this model, but is 17.", opset.Message, StringComparison.Ordinal);
        Assert.StartsWith("ExportOptions.Precision must be Float32 for this model, but is Int8: it has no layer that computes so (trees do not).", precision.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_OptionOutOfRange_IsRefused()
    {
        using var network = await TrainAsync();

        var error = Assert.Throws<ArgumentException>(() => network.Export(new ExportOptions { DecisionThreshold = 1.5 }));

        Assert.StartsWith("ExportOptions.DecisionThreshold must be between 0 and 1, but is 1.5.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_SeveralClasses_CarriesGoldenRowsProfileAndEstimatorOfAllScores()
    {
        var options = NetworkTrainerTests.Small();
        (options.Task, options.MaxEpochs, options.ValidationShare) = (ModelTask.MulticlassClassification, 3, 0.4);
        using var network = await new NetworkTrainer(options).FitAsync(MulticlassRows.Create(900));
        using var directory = new TestRegistry();

        var model = network.Export();
        var manifest = await directory.Registry.PublishAsync("m", model.ToPackage());

        Assert.Equal(["a", "b", "c"], manifest.Output.ClassNames);
        Assert.Equal((16, 3), ((await directory.Registry.ReadGoldenRowsAsync(manifest))!.Count, model.GoldenRows!.OutputWidth));
        var profile = ReferenceProfile.Parse(model.ReferenceProfile.Span);
        Assert.Equal((900, 3, 360), (profile.RowCount, profile.ClassEstimator!.ClassCount, profile.ClassEstimator.RowCount));
        Assert.Equal(["a", "b", "c"], profile.PredictedClass!.Categories.Select(c => c.Name).Order());
        Assert.Equal(900, profile.PredictedClass.Categories.Sum(c => c.Count));
        Assert.Null(profile.Estimator);
        Assert.Equal((180 * 2, 9), (model.ExportProof.RowCount, model.ExportProof.Missing!.RowCount));
    }

    [Fact]
    public async Task ToPackage_PublishedAndRead_KeepsEverything()
    {
        using var network = await TrainAsync();
        var model = network.Export(new ExportOptions { ClassNames = ["small tip", "big tip"] });

        var package = model.ToPackage(new Dictionary<string, double> { ["auc"] = 0.9 }, parentVersion: 1, description: "A test.");
        using var registry = new TestRegistry();
        await registry.Registry.PublishAsync("tips", model.ToPackage());
        var manifest = await registry.Registry.PublishAsync("tips", package);

        Assert.Equal(model.ExportProof, manifest.ExportProof);
        Assert.Equal(["small tip", "big tip"], manifest.Output.ClassNames);
        Assert.Equal(0.9, manifest.Metrics["auc"]);
        Assert.Equal((1, "A test."), (manifest.ParentVersion, manifest.Description));
        Assert.Equal(model.Features, manifest.Features);
        Assert.Equal(model.ReferenceProfile.ToArray(), await registry.Registry.ReadReferenceProfileAsync(manifest));
    }

    internal static async Task<TrainedNetwork> TrainAsync(Action<NetworkOptions>? configure = null)
    {
        var options = NetworkTrainerTests.Small();
        options.MaxEpochs = 1;
        configure?.Invoke(options);
        return await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 1));
    }

    private static async Task AssertSameScoresAsync(TrainedNetwork network, TrainedModel model, ITrainingSet set)
    {
        var batch = await SyntheticRows.BatchOf(set);
        var expected = network.Predict(batch);
        using var scorer = OnnxScorer.Open("m", model.Onnx, model.Features, model.Output);
        var scores = scorer.Score(Preprocessing(batch, model), 0, batch.Length, CancellationToken.None);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.InRange(Math.Abs(scores[i] - expected[i]), 0, OnnxExporter.Tolerance * Math.Max(1, Math.Abs(expected[i])));
        }

        Assert.True(expected.Distinct().Count() > expected.Length / 2);
    }

    private static Mlp.Training.Preprocessing.FeatureTable Preprocessing(Apache.Arrow.RecordBatch batch, TrainedModel model)
        => Mlp.Training.Preprocessing.FeatureTable.Of(batch, model.Features);

    private sealed class WithService(ITrainingSet inner, FeatureServiceReference service) : ITrainingSet
    {
        public TrainingSetManifest Manifest => inner.Manifest with { FeatureService = service };

        public Apache.Arrow.Schema Schema => inner.Schema;

        public IAsyncEnumerable<Apache.Arrow.RecordBatch> ReadAsync(CancellationToken cancellationToken = default) => inner.ReadAsync(cancellationToken);
    }
}
