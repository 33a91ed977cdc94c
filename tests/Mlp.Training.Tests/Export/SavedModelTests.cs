using System.Text.Json;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Models.Packages;
using Mlp.Runtime.Onnx;
using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Calibration;
using Mlp.Training.Export;
using Mlp.Training.Networks;
using Mlp.Training.Tests.Networks;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Export;

public sealed class SavedModelTests
{
    private static readonly string[] Compared =
    [
        nameof(TrainedModel.Onnx), nameof(TrainedModel.Features), nameof(TrainedModel.Output), nameof(TrainedModel.ExportProof), nameof(TrainedModel.FeatureService), nameof(TrainedModel.TrainingSet),
        nameof(TrainedModel.RunId), nameof(TrainedModel.TrainingSetHash), nameof(TrainedModel.ReferenceProfile), nameof(TrainedModel.GoldenRows), nameof(TrainedModel.Calibration),
    ];

    public static TheoryData<string, bool> Models => new()
    {
        { "trees", true }, { "trees", false }, { "network", true }, { "network", false }, { "isotonic", true }, { "beta", false }, { "temperature", true }, { "vector", false }, { "regression", true },
        { "int8", true }, { "service", true },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public async Task LoadAsync_SavedModel_IsTheOneThatWasSaved(string kind, bool includeGoldenRows)
    {
        using var directory = new TempDirectory();
        var model = await ModelAsync(kind);
        var path = directory.Combine("m.onnx");
        await model.SaveAsync(path, new ModelFileOptions { ExternalDataThreshold = 4096, IncludeGoldenRows = includeGoldenRows });

        var loaded = await TrainedModel.LoadAsync(path);

        AssertSame(includeGoldenRows ? model : model with { GoldenRows = null }, loaded);
        await AssertPublishedAlikeAsync(includeGoldenRows ? model : model with { GoldenRows = null }, loaded);
    }

    [Fact]
    public void Compared_EveryPropertyOfAModel_IsAmongThem()
        => Assert.Equal(typeof(TrainedModel).GetProperties().Select(p => p.Name).Order(StringComparer.Ordinal), Compared.Order(StringComparer.Ordinal));

    [Fact]
    public async Task LoadAsync_ChangedBeforeItWasSaved_HasWhatWasSaid()
    {
        using var directory = new TempDirectory();
        var exported = await ModelAsync("trees");
        var changed = exported with
        {
            Output = exported.Output with { DecisionThreshold = 0.31, LabelUnit = "as said" },
            RunId = null,
            FeatureService = new FeatureServiceReference("trips", 4, new string('b', 64)),
            ReferenceProfile = default,
        };
        await changed.SaveAsync(directory.Combine("m.onnx"));

        var loaded = await TrainedModel.LoadAsync(directory.Combine("m.onnx"));

        Assert.Equal((0.31, "as said", null), (loaded.Output.DecisionThreshold, loaded.Output.LabelUnit, loaded.RunId));
        Assert.Equal(changed.FeatureService, loaded.FeatureService);
        Assert.True(loaded.ReferenceProfile.IsEmpty);
        Assert.Equal(0.31, ModelLineage.ReadFile(directory.Combine("m.onnx")).Output!.DecisionThreshold);
    }

    [Fact]
    public async Task LoadAsync_EvaluatedAndProvedAnew_GivesTheSameNumbers()
    {
        using var directory = new TempDirectory();
        using var trees = await new TreeTrainer(new TreeOptions { MaximumIterations = 8, Threads = 1 }).FitAsync(SyntheticRows.Create(1500, seed: 1));
        var model = trees.Export(new ExportOptions { Calibration = ScoreCalibration.FitOnHeldOut(trees), DecisionThreshold = 0.1607 });
        var rows = SyntheticRows.Create(400, seed: 2);
        await model.SaveAsync(directory.Combine("m.onnx"));

        var loaded = await TrainedModel.LoadAsync(directory.Combine("m.onnx"));
        var proof = await ModelProver.ProveAsync(loaded.ToPackage(), trees, rows, calibration: loaded.Calibration);

        Assert.Equal((await Evaluator.EvaluateAsync(model, rows)).ToJson(), (await Evaluator.EvaluateAsync(loaded, rows)).ToJson());
        Assert.InRange(proof.MaximumDifference, 0, OnnxExporter.Tolerance);
    }

    [Fact]
    public async Task FromFile_SavedModel_IsThePackageOfTheModel()
    {
        using var directory = new TempDirectory();
        using var registry = new TestRegistry();
        var model = await ModelAsync("network");
        await model.SaveAsync(directory.Combine("m.onnx"), new ModelFileOptions { ExternalDataThreshold = 4096, IncludeGoldenRows = true });

        var package = ModelPackage.FromFile(directory.Combine("m.onnx"));
        var manifest = await registry.Registry.PublishAsync("m", package);

        Assert.Equal(Json(model.Output), Json(package.Output));
        Assert.Equal(model.Features, package.Features);
        Assert.Equal(model.TrainingSet!.ToJson(), package.TrainingSetManifest.ToArray());
        Assert.Equal(model.ReferenceProfile.ToArray(), package.ReferenceProfile.ToArray());
        Assert.Equal((model.TrainingSetHash, "run-7", 16, model.ExportProof.MaximumDifference), (manifest.TrainingSetHash, manifest.RunId, package.GoldenRows!.Count, manifest.ExportProof!.MaximumDifference));
        Assert.Equal(0.5, manifest.Metrics["early"]);
        Assert.Single(manifest.ExternalData);
        Assert.DoesNotContain(ModelFileDescription.GoldenRowsKey, OnnxModelReader.Read("m", package.Onnx.Span).Metadata.Keys);
    }

    [Fact]
    public async Task SaveAsync_GoldenRowsNotAskedFor_HasNoRowInTheFile()
    {
        using var directory = new TempDirectory();
        var model = await ModelAsync("trees");
        await model.SaveAsync(directory.Combine("m.onnx"));

        Assert.NotNull(model.GoldenRows);
        Assert.DoesNotContain(ModelFileDescription.GoldenRowsKey, OnnxModelReader.Read("m", await File.ReadAllBytesAsync(directory.Combine("m.onnx"))).Metadata.Keys);
    }

    [Fact]
    public async Task LoadAsync_NotSavedByUs_SaysWhatToDo()
    {
        using var directory = new TempDirectory();
        var model = await ModelAsync("trees");
        var (foreign, bare, text) = (directory.Combine("foreign.onnx"), directory.Combine("bare.onnx"), directory.Combine("text.onnx"));
        await File.WriteAllBytesAsync(foreign, OnnxBytes.Linear());
        await File.WriteAllBytesAsync(bare, model.Onnx.ToArray());
        await File.WriteAllTextAsync(text, "hello");

        var error = await Assert.ThrowsAsync<InvalidModelException>(() => TrainedModel.LoadAsync(foreign));
        Assert.Equal(
            $"Expected a model that says in its metadata ('mlp.output') what its outputs mean, but the file '{foreign}' does not, as only exports of this platform's trainers do: say it by ModelPackage.FromFile(path, output).", error.Message);
        Assert.Equal(error.Message, Assert.Throws<InvalidModelException>(() => ModelPackage.FromFile(foreign)).Message);
        error = await Assert.ThrowsAsync<InvalidModelException>(() => TrainedModel.LoadAsync(bare));
        Assert.Equal(
            $"Expected a model that TrainedModel.SaveAsync wrote, with 'mlp.proof' in its metadata, but the file '{bare}' has none: read it by ModelPackage.FromFile, which needs no proof.", error.Message);
        Assert.Equal(model.Features, ModelPackage.FromFile(bare).Features);
        await Assert.ThrowsAsync<InvalidModelException>(() => TrainedModel.LoadAsync(text));
        var absent = await Assert.ThrowsAsync<FileNotFoundException>(() => TrainedModel.LoadAsync(directory.Combine("absent.onnx")));
        Assert.Equal($"Expected an ONNX file at '{directory.Combine("absent.onnx")}', but found none.", absent.Message);
    }

    [Theory]
    [InlineData(ModelFileDescription.OutputKey, "null", "it is null")]
    [InlineData(ModelFileDescription.FeaturesKey, "[null]", "a feature is null")]
    [InlineData(ModelFileDescription.FeatureServiceKey, "trips", "it is no name/version with a 'mlp.feature_service.fingerprint'")]
    [InlineData(ModelFileDescription.ProofKey, "{", "")]
    [InlineData(ModelFileDescription.GoldenRowsKey, "?", "it is no base64")]
    [InlineData(ModelFileDescription.GoldenRowsKey, "aGVsbG8=", "")]
    [InlineData(ModelFileDescription.TrainingSetKey, "{}", "")]
    [InlineData(ModelFileDescription.CalibrationKey, "null", "it is null")]
    [InlineData(ModelFileDescription.CalibrationKey, "[]", "")]
    [InlineData(ModelFileDescription.CalibrationKey, /*lang=json,strict*/ "{\"method\":\"magic\",\"rowCount\":1,\"scoreCount\":1,\"before\":{\"logLoss\":1,\"brier\":1,\"expectedCalibrationError\":1},\"after\":{\"logLoss\":1,\"brier\":1,\"expectedCalibrationError\":1},\"function\":{}}", "'magic' is none of 'platt', 'isotonic', 'beta', 'temperature', 'vector'")]
    [InlineData(ModelFileDescription.CalibrationKey, /*lang=json,strict*/ "{\"method\":\"isotonic\",\"rowCount\":1,\"scoreCount\":1,\"before\":{\"logLoss\":1,\"brier\":1,\"expectedCalibrationError\":1},\"after\":{\"logLoss\":1,\"brier\":1,\"expectedCalibrationError\":1},\"function\":{\"points\":[1,0],\"values\":[0,1]}}", "its numbers are not those of 'isotonic'")]
    public async Task LoadAsync_DamagedMetadata_IsRefused(string key, string value, string found)
    {
        using var directory = new TempDirectory();
        var model = await ModelAsync("trees");
        var path = directory.Combine("m.onnx");
        await model.SaveAsync(path);
        await File.WriteAllBytesAsync(path, Sealed(LineageStamp.Set(Unsealed(await File.ReadAllBytesAsync(path)), key, value)));

        var error = await Assert.ThrowsAsync<CorruptFileException>(() => TrainedModel.LoadAsync(path));

        Assert.Contains(found, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("trees", null)]
    [InlineData("network", 4096)]
    public async Task LoadAsync_BitsHaveFlipped_IsRefused(string kind, int? threshold)
    {
        using var directory = new TempDirectory();
        var path = directory.Combine("m.onnx");
        await (await ModelAsync(kind)).SaveAsync(path, new ModelFileOptions { ExternalDataThreshold = threshold });
        var saved = await File.ReadAllBytesAsync(path);
        var seal = saved.Length - Unsealed(saved).Length;

        foreach (var at in Enumerable.Range(0, 100).Select(i => (int)((long)i * saved.Length / 100)).Concat(Enumerable.Range(saved.Length - seal, seal)))
        {
            saved[at] ^= 4;
            await File.WriteAllBytesAsync(path, saved);
            saved[at] ^= 4;
            Assert.True(await Record.ExceptionAsync(() => TrainedModel.LoadAsync(path)) is CorruptFileException or InvalidModelException, $"{at} of {saved.Length}");
            Assert.True(Record.Exception(() => ModelPackage.FromFile(path)) is CorruptFileException or InvalidModelException, $"{at} of {saved.Length}");
        }
    }

    [Fact]
    public async Task LoadAsync_ChangedByATool_SaysSo()
    {
        using var directory = new TempDirectory();
        var (path, cut) = (directory.Combine("m.onnx"), directory.Combine("cut.onnx"));
        await (await ModelAsync("trees")).SaveAsync(path);
        var saved = await File.ReadAllBytesAsync(path);
        await File.WriteAllBytesAsync(cut, Unsealed(saved));
        saved[^1] = (byte)(saved[^1] == '0' ? '1' : '0');
        await File.WriteAllBytesAsync(path, saved);

        Assert.Equal(
            $"Expected the model '{path}' as it was saved, with its SHA-256 at its end ('mlp.file.sha256'), but found another hash: it was damaged or changed after it was saved. ModelPackage.FromFile(path, output) takes it unchecked.",
            (await Assert.ThrowsAsync<CorruptFileException>(() => TrainedModel.LoadAsync(path))).Message);
        Assert.Contains("but found none: it was damaged", Assert.Throws<CorruptFileException>(() => ModelPackage.FromFile(cut)).Message, StringComparison.Ordinal);
        Assert.Equal(saved, ModelPackage.FromFile(path, new ModelOutput { Task = ModelTask.BinaryClassification, ScoreOutput = "score" }).Onnx.ToArray());
    }

    [Fact]
    public async Task LoadAsync_FileOfAnEarlierVersion_HasNoSealAndLoads()
    {
        using var directory = new TempDirectory();
        var path = directory.Combine("m.onnx");
        var model = await ModelAsync("trees");
        await model.SaveAsync(path);
        var editor = OnnxModelEditor.Open("m", Unsealed(await File.ReadAllBytesAsync(path)));
        editor.RemoveMetadata(ModelFileSeal.MarkKey);
        await File.WriteAllBytesAsync(path, editor.ToArray());

        Assert.Equal(model.Onnx.ToArray(), (await TrainedModel.LoadAsync(path)).Onnx.ToArray());
    }

    [Fact]
    public async Task LoadAsync_ExternalDataIsAbsentOrChanged_IsRefused()
    {
        using var directory = new TempDirectory();
        var model = await ModelAsync("network");
        var path = directory.Combine("m.onnx");
        await model.SaveAsync(path, new ModelFileOptions { ExternalDataThreshold = 4096 });
        var weights = Assert.Single(Directory.GetFiles(directory.FullName, "*.weights"));
        var content = await File.ReadAllBytesAsync(weights);
        content[1000] ^= 1;
        await File.WriteAllBytesAsync(weights, content);

        var changed = await Assert.ThrowsAsync<CorruptFileException>(() => TrainedModel.LoadAsync(path));
        File.Delete(weights);
        var absent = await Assert.ThrowsAsync<InvalidModelException>(() => TrainedModel.LoadAsync(path));

        Assert.Equal($"Expected the external data '{weights}' to hold what its name says, but it holds something else: it was changed after it was saved.", changed.Message);
        Assert.Contains("but found no such file", absent.Message, StringComparison.Ordinal);
    }

    private static byte[] Sealed(byte[] content) => [.. content, .. ModelFileSeal.Of(content)];

    private static byte[] Unsealed(byte[] file) => file[..^ModelFileSeal.Of([]).Length];

    private static void AssertSame(TrainedModel expected, TrainedModel found)
    {
        Assert.Equal(expected.Onnx.ToArray(), found.Onnx.ToArray());
        Assert.Equal(expected.Features, found.Features);
        Assert.Equal(Json(expected.Output), Json(found.Output));
        Assert.Equal(JsonSerializer.Serialize(expected.ExportProof, ModelManifestJsonContext.Default.ExportProof), JsonSerializer.Serialize(found.ExportProof, ModelManifestJsonContext.Default.ExportProof));
        Assert.Equal(expected.FeatureService, found.FeatureService);
        Assert.Equal(expected.TrainingSet!.ToJson(), found.TrainingSet!.ToJson());
        Assert.Equal((expected.RunId, expected.TrainingSetHash), (found.RunId, found.TrainingSetHash));
        Assert.Equal(expected.ReferenceProfile.ToArray(), found.ReferenceProfile.ToArray());
        Assert.Equal(expected.GoldenRows is { } rows ? GoldenRowsFile.Write(rows) : [], found.GoldenRows is { } others ? GoldenRowsFile.Write(others) : []);
        AssertSame(expected.Calibration, found.Calibration);
    }

    private static void AssertSame(ScoreCalibration? expected, ScoreCalibration? found)
    {
        Assert.Equal(expected is null, found is null);
        if (expected is null)
        {
            return;
        }

        var random = new Random(1);
        float[] scores = [.. Enumerable.Range(0, 60).Select(_ => random.NextSingle())];
        Assert.Equal((expected.Method, expected.Task, expected.ScoreCount, expected.RowCount), (found!.Method, found.Task, found.ScoreCount, found.RowCount));
        Assert.Equal((expected.Before, expected.After), (found.Before, found.After));
        Assert.Equal(expected.Parameters, found.Parameters);
        Assert.Equal(expected.Metrics, found.Metrics);
        Assert.Equal(expected.Apply(scores), found.Apply(scores));
    }

    private static async Task AssertPublishedAlikeAsync(TrainedModel expected, TrainedModel found)
    {
        using var registry = new TestRegistry();
        var metrics = new Dictionary<string, double> { ["auc"] = 0.75 };
        var one = await registry.Registry.PublishAsync("m", expected.ToPackage(metrics));
        var two = await registry.Registry.PublishAsync("m", found.ToPackage(metrics));
        Assert.Equal(Manifest(one), Manifest(two));

        static string Manifest(ModelManifest manifest) => JsonSerializer.Serialize(manifest with { Version = 1, CreatedAt = DateTimeOffset.UnixEpoch }, ModelManifestJsonContext.Default.ModelManifest);
    }

    private static string Json(ModelOutput output) => JsonSerializer.Serialize(output, ModelManifestJsonContext.Default.ModelOutput);

    private static async Task<TrainedModel> ModelAsync(string kind)
    {
        var options = new ExportOptions
        {
            LabelDefinition = "What was paid, ÄÖ \"quoted\".",
            Lineage = { RunId = "run-7", Parameters = new Dictionary<string, string> { ["team"] = "tips" }, Metrics = new Dictionary<string, double> { ["early"] = 0.5 } },
        };
        var isMulticlass = kind is "temperature" or "vector";
        var rows = isMulticlass ? (ITrainingSet)MulticlassRows.Create(1000) : SyntheticRows.Create(kind is "isotonic" or "beta" ? 1500 : 400, seed: 1, isRegression: kind == "regression");
        if (kind == "service")
        {
            rows = new ChangedTrainingSet(rows, m => m with { FeatureService = new FeatureServiceReference("trips", 2, new string('a', 64)) });
        }

        if (kind is "network" or "int8")
        {
            var settings = NetworkTrainerTests.Small();
            (settings.HiddenLayers, settings.MaxEpochs) = ([64, 64], 1);
            options.Precision = kind == "int8" ? ExportPrecision.Int8 : ExportPrecision.Float32;
            options.DecisionThreshold = 0.25;
            options.PrecisionLimit = kind == "int8" ? 0.5 : options.PrecisionLimit;
            using var network = await new NetworkTrainer(settings).FitAsync(rows);
            return network.Export(options);
        }

        using var trees = await new TreeTrainer(new TreeOptions
        {
            Objective = isMulticlass ? TreeObjective.Multiclass : kind == "regression" ? TreeObjective.Regression : TreeObjective.Binary,
            MaximumIterations = 4,
            Threads = 1,
        }).FitAsync(rows);
        options.Calibration = Enum.TryParse<CalibrationMethod>(kind, ignoreCase: true, out var method) ? ScoreCalibration.FitOnHeldOut(trees, new CalibrationOptions { Method = method }) : null;
        if (kind == "regression")
        {
            options.LabelUnit = "dollars";
        }
        else if (!isMulticlass)
        {
            (options.DecisionThreshold, options.ClassNames) = (0.1607, ["kept", "paid"]);
        }

        return trees.Export(options);
    }
}
