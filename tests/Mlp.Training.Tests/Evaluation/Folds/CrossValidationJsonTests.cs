using System.Text;
using Mlp.Runtime;
using Mlp.Runtime.Models;
using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Calibration;
using Mlp.Training.Evaluation.Comparison;
using Mlp.Training.Evaluation.Folds;
using Mlp.Training.Evaluation.Slices;
using Mlp.Training.Tests.Export;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Evaluation.Folds;

public sealed class CrossValidationJsonTests
{
    [Theory]
    [InlineData(ModelTask.BinaryClassification)]
    [InlineData(ModelTask.MulticlassClassification)]
    [InlineData(ModelTask.Regression)]
    [InlineData(ModelTask.Ranking)]
    public async Task Load_SavedResult_IsTheOneThatWasSaved(ModelTask task)
    {
        using var directory = new TempDirectory();
        var result = await ResultAsync(task);
        result.Save(directory.Combine("folds.json"));

        var loaded = CrossValidationResult.Load(directory.Combine("folds.json"));

        Assert.Equal(result.ToJson(), loaded.ToJson());
        Assert.Equal(result.ToString(), loaded.ToString());
        Assert.Equal(result.OutOfFold.ToString(), loaded.OutOfFold.ToString());
        Assert.Equal((result.Task, result.TestShare, result.FoldFingerprint, result.RunId), (loaded.Task, loaded.TestShare, loaded.FoldFingerprint, loaded.RunId));
        Assert.Equal(result.Folds.Select(f => (f.Repeat, f.Number, f.TrainingRowCount, f.TestRowCount, f.BestEpoch)), loaded.Folds.Select(f => (f.Repeat, f.Number, f.TrainingRowCount, f.TestRowCount, f.BestEpoch)));
        Assert.All(result.Folds.Zip(loaded.Folds), f => Assert.Equal(f.First.Result.ToJson(), f.Second.Result.ToJson()));
        Assert.All(result.Metrics.Zip(loaded.Metrics), m => Assert.Equal((m.First.Key, m.First.Value.Mean, m.First.Value.Interval), (m.Second.Key, m.Second.Value.Mean, m.Second.Value.Interval)));
        var (rows, others) = (result.Predictions.Rows, loaded.Predictions.Rows);
        Assert.Equal(result.Predictions.Scores.ToArray(), loaded.Predictions.Scores.ToArray());
        Assert.Equal(result.Predictions.Folds, loaded.Predictions.Folds);
        Assert.Equal(result.Predictions.RowNumbers, loaded.Predictions.RowNumbers);
        Assert.Equal(rows.Scores.ToArray(), others.Scores.ToArray());
        Assert.Equal(rows.Labels.ToArray(), others.Labels.ToArray());
        Assert.Equal(rows.Weights.ToArray(), others.Weights.ToArray());
        Assert.Equal(rows.Groups.ToArray(), others.Groups.ToArray());
        Assert.Equal(rows.ClassNames, others.ClassNames);
    }

    [Fact]
    public async Task Load_ComparedAndCalibrated_GivesWhatTheResultGives()
    {
        var (result, other) = (await ResultAsync(ModelTask.BinaryClassification, iterations: 20), await ResultAsync(ModelTask.BinaryClassification, iterations: 1));
        var loaded = CrossValidationResult.Parse(result.ToJson());

        Assert.Equal(ModelComparison.Compare(result, other).ToString(), ModelComparison.Compare(loaded, CrossValidationResult.Parse(other.ToJson())).ToString());
        Assert.Equal(ScoreCalibration.FitOnScores(result.Predictions.Rows).Parameters, ScoreCalibration.FitOnScores(loaded.Predictions.Rows).Parameters);
    }

    [Fact]
    public void Load_NoFile_SaysWhatIsMissing()
    {
        using var directory = new TempDirectory();
        var path = directory.Combine("folds.json");

        Assert.Equal($"Expected a cross-validation saved at '{path}', but found none.", Assert.Throws<FileNotFoundException>(() => CrossValidationResult.Load(path)).Message);
        Assert.Equal(
            $"Expected a cross-validation saved at '{directory.FullName}', but found a folder.", Assert.Throws<FileNotFoundException>(() => CrossValidationResult.Load(directory.FullName)).Message);
    }

    [Fact]
    public async Task Parse_NewerDamagedOrOtherDocument_IsRefused()
    {
        var json = Encoding.UTF8.GetString((await ResultAsync(ModelTask.Regression)).ToJson());
        string Refused<T>(string text, string by)
            where T : MlPlatformException
        {
            var changed = json.Replace(text, by, StringComparison.Ordinal);
            Assert.NotEqual(json, changed);
            return Assert.Throws<T>(() => CrossValidationResult.Parse(Encoding.UTF8.GetBytes(changed))).Message;
        }

        Refused<UnsupportedFormatVersionException>("\"format\":\"mlp-cross-validation\",\"formatVersion\":1", "\"format\":\"mlp-cross-validation\",\"formatVersion\":2");
        Refused<CorruptFileException>("mlp-cross-validation", "mlp-evaluation");
        Refused<CorruptFileException>("\"rowNumbers\":[", "\"rowNumbers\":[-1,");
        Refused<CorruptFileException>("\"scoreCount\":1", "\"scoreCount\":0");
        Refused<CorruptFileException>("\"foldFingerprint\"", "\"other\"");
        Assert.Contains("no null within 'folds'", Refused<CorruptFileException>("\"folds\":[{", "\"folds\":[null,{"), StringComparison.Ordinal);
        Assert.Contains("they do not fit each other", Refused<CorruptFileException>("\"labels\":[", "\"labels\":[1,"), StringComparison.Ordinal);
        Assert.Throws<CorruptFileException>(() => CrossValidationResult.Parse("{}"u8));
    }

    private static async Task<CrossValidationResult> ResultAsync(ModelTask task, int iterations = 3)
    {
        var options = new CrossValidationOptions { FoldCount = 3, Scheme = task == ModelTask.Regression ? FoldScheme.TimeSeries : null };
        if (task == ModelTask.Ranking)
        {
            options.Evaluation.GroupColumn = "query";
            return await CrossValidation.RunAsync(new StubTrainer(task, (_, batch) => StubModel.ScoreColumn(batch)), FoldData.Set(300, label: "gain"), options);
        }

        var trainer = new TreeTrainer(new TreeOptions
        {
            Objective = task switch { ModelTask.MulticlassClassification => TreeObjective.Multiclass, ModelTask.Regression => TreeObjective.Regression, _ => TreeObjective.Binary },
            MaximumIterations = iterations,
            Threads = 1,
        });
        if (task == ModelTask.BinaryClassification)
        {
            options.Evaluation.Slices.Add(RowSlice.ByValue("company"));
        }

        return await CrossValidation.RunAsync(trainer, task == ModelTask.MulticlassClassification ? MulticlassRows.Create(400) : SyntheticRows.Create(400, seed: 1, isRegression: task == ModelTask.Regression), options);
    }
}
