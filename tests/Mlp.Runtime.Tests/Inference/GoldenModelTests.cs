using Mlp.Runtime.Batching;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Tests.Batching;
using Mlp.TestSupport;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>Models that scikit-learn, LightGBM and XGBoost exported give the answers that ONNX Runtime gave from Python, whichever way they are called.</summary>
public sealed class GoldenModelTests
{
    private const string Iris = "sklearn_iris_forest_strings";
    private const string Adult = "sklearn_adult_logistic_zipmap";
    private const string AdultPlain = "sklearn_adult_logistic_plain";
    private const string Cancer = "lightgbm_cancer";
    private const string Ridge = "sklearn_diabetes_ridge_double";
    private const string XgBoost = "xgboost_diabetes";

    private readonly record struct Features(float[] Input);

    private readonly record struct FeaturesX(float[] X);

    private readonly record struct DoubleFeatures(double[] X);

    private sealed record Person(
        float? Age, float Education_num, float CapitalGain, float CapitalLoss, float HrPerWeek, string TypeEmployer, string Marital, string Occupation, string Relationship, string Sex);

    private readonly record struct CancerAnswer(long Label, float[] Probabilities, double Score);

    private readonly record struct AdultAnswer(long OutputLabel, double[] Probabilities, string PredictedLabel);

    private readonly record struct AdultPlainAnswer(long Label, double[] Probabilities);

    private sealed class IrisAnswer
    {
        public required string OutputLabel { get; init; }

        public double Setosa { get; set; }

        public float Versicolor { get; set; }

        public double? Virginica { get; set; }

        public string PredictedClass { get; set; } = string.Empty;
    }

    private readonly record struct Variable(double Score);

    [ReferenceDataFact("golden/onnx/" + Cancer)]
    public Task LightGbm_EveryWay_GivesTheSameAnswers() => AssertAsync<Features, CancerAnswer>(
        Cancer, (g, row) => new Features(g.Floats(row)), (a, column) => column == "label" ? a.Label : a.Probabilities[column[^2] - '0']);

    [ReferenceDataFact("golden/onnx/" + AdultPlain)]
    public Task ScikitPipeline_EveryWay_GivesTheSameAnswers() => AssertAsync<Person, AdultPlainAnswer>(
        AdultPlain, PersonOf, (a, column) => column == "label" ? a.Label : a.Probabilities[column[^2] - '0']);

    [ReferenceDataFact("golden/onnx/" + Adult)]
    public Task ScikitPipelineWithZipMap_EveryWay_GivesTheSameAnswers() => AssertAsync<Person, AdultAnswer>(
        Adult, PersonOf, (a, column) => column == "output_label" ? a.OutputLabel : a.Probabilities[column[^2] - '0'], ["0", "1"]);

    [ReferenceDataFact("golden/onnx/" + Iris)]
    public Task ScikitForestWithTextLabels_EveryWay_GivesTheSameAnswers() => AssertAsync<FeaturesX, IrisAnswer>(
        Iris,
        (g, row) => new FeaturesX(g.Floats(row)),
        (a, column) => column switch
        {
            "output_label" => Assert.IsType<string>(a.PredictedClass == a.OutputLabel ? a.OutputLabel : null),
            "output_probability[setosa]" => a.Setosa,
            "output_probability[versicolor]" => a.Versicolor,
            _ => a.Virginica!.Value,
        },
        ["setosa", "versicolor", "virginica"]);

    [ReferenceDataFact("golden/onnx/" + Ridge)]
    public Task ScikitRidgeInDouble_EveryWay_GivesTheSameAnswers()
        => AssertAsync<DoubleFeatures, Variable>(Ridge, (g, row) => new DoubleFeatures(g.Doubles(row)), (a, _) => a.Score);

    [ReferenceDataFact("golden/onnx/" + XgBoost)]
    public Task XgBoost_EveryWay_GivesTheSameAnswers()
        => AssertAsync<Features, Variable>(XgBoost, (g, row) => new Features(g.Floats(row)), (a, _) => a.Score);

    [ReferenceDataFact("golden/onnx/" + Iris)]
    public async Task Publish_ZipMapWithoutScore_GivesTensorsToo()
    {
        var golden = GoldenCase.Open(Iris);
        await using var platform = await ServeAsync(Package(golden.Onnx, ModelOutput.Tensors));
        using var inputs = new ModelInputs();
        golden.Fill(inputs, platform.Model.Manifest!.Signature, 0, 5);

        var outputs = platform.Model.Run(inputs);

        Assert.Equal([5, 3], outputs["output_probability"].Shape.ToArray());
        Assert.Equal(golden.Answer(0, "output_label"), outputs["output_label"].AsStrings()[0]);
    }

    private static Person PersonOf(GoldenCase golden, int row)
    {
        var cells = golden.Rows[row];
        var numbers = Array.ConvertAll(cells[..5], c => float.Parse(c, System.Globalization.CultureInfo.InvariantCulture));
        return new Person(
            float.IsNaN(numbers[0]) ? null : numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], cells[5], cells[6], cells[7], cells[8], cells[9]);
    }

    private static async Task AssertAsync<TFeatures, TAnswer>(
        string folder, Func<GoldenCase, int, TFeatures> features, Func<TAnswer, string, object> answer, string[]? classNames = null)
    {
        var golden = GoldenCase.Open(folder);
        await using var platform = await ServeAsync(Package(golden.Onnx, golden.Output));
        Assert.Null(platform.Model.UnavailableReason);
        Assert.Equal(classNames ?? [], platform.Model.Manifest!.Output.ClassNames);

        AssertServed(golden, platform.Model, features, answer);
        await using var batching = await ServeAsync(Package(golden.Onnx, golden.Output), configure: o => o.WithDynamicBatching());
        AssertServed(golden, batching.Model, features, answer);
        await AssertBatchedAsync(golden, features, answer);
    }

    private static void AssertServed<TFeatures, TAnswer>(GoldenCase golden, IModel model, Func<GoldenCase, int, TFeatures> features, Func<TAnswer, string, object> answer)
    {
        AssertByRow(golden, model);
        AssertByRecord(golden, model, features, answer);
        AssertByName(golden, model, 1);
        AssertByName(golden, model, golden.Rows.Length);
    }

    /// <summary>Calls by record and by row that share runs: those by record are awaited, those by row block their threads.</summary>
    private static async Task AssertBatchedAsync<TFeatures, TAnswer>(GoldenCase golden, Func<GoldenCase, int, TFeatures> features, Func<TAnswer, string, object> answer)
    {
        await using var fixture = new BatcherFixture(golden.Onnx, golden.Output);
        var model = fixture.Model.As<TFeatures, TAnswer>();
        var held = await fixture.HoldLaneAsync(() => model.Predict(features(golden, 0)));
        var count = Math.Min(golden.Rows.Length, 150);
        var answers = Enumerable.Range(0, count).Select(r => model.PredictAsync(features(golden, r)).AsTask()).ToList();
        var byRow = Math.Min(golden.Rows.Length, 32);
        var blocked = Enumerable.Range(0, byRow)
            .Select(r => Task.Factory.StartNew(() => PredictRow(golden, fixture.Model, r), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToList();
        await fixture.UntilWaitingAsync(count + byRow);
        fixture.Session.IsGated = false;
        fixture.Session.Release();

        await held;
        for (var row = 0; row < byRow; row++)
        {
            golden.AssertAnswer(row, ScoreColumn(golden, fixture.Output, await blocked[row]), (await blocked[row]).Score);
        }

        for (var row = 0; row < count; row++)
        {
            foreach (var column in golden.AnswerColumns)
            {
                golden.AssertAnswer(row, column, answer(await answers[row], column));
            }
        }

        Assert.True(fixture.Session.Runs.Count <= 2 + ((count + byRow) / 64) + 1, "The calls have not shared runs.");
    }

    private static Prediction PredictRow(GoldenCase golden, IModel model, int row)
    {
        var rows = new FeatureRows(model.Description!.Layout, 1);
        rows.Reset(1);
        golden.Fill(rows, row, 0);
        var results = new Prediction[1];
        model.Predict(rows, results);
        return results[0];
    }

    /// <summary>The column of the answers that the score of a prediction stands in.</summary>
    private static string ScoreColumn(GoldenCase golden, ModelOutput output, in Prediction prediction) => output.Task switch
    {
        ModelTask.BinaryClassification => $"{output.ScoreOutput}[1]",
        ModelTask.Regression => $"{output.ScoreOutput}[0]",
        _ => $"{golden.Output.ScoreOutput}[{output.ClassNames[prediction.PredictedClass]}]",
    };

    private static void AssertByRow(GoldenCase golden, IModel model)
    {
        var rows = new FeatureRows(model.Description!.Layout, golden.Rows.Length);
        var results = new Prediction[golden.Rows.Length];
        rows.Reset(golden.Rows.Length);
        for (var row = 0; row < golden.Rows.Length; row++)
        {
            golden.Fill(rows, row, row);
        }

        model.Predict(rows, results);
        for (var row = 0; row < golden.Rows.Length; row++)
        {
            golden.AssertAnswer(row, ScoreColumn(golden, model.Manifest!.Output, results[row]), results[row].Score);
            golden.AssertAnswer(row, ScoreColumn(golden, model.Manifest!.Output, results[row]), PredictRow(golden, model, row).Score);
        }
    }

    private static void AssertByRecord<TFeatures, TAnswer>(GoldenCase golden, IModel model, Func<GoldenCase, int, TFeatures> features, Func<TAnswer, string, object> answer)
    {
        var typed = model.As<TFeatures, TAnswer>();
        var records = Enumerable.Range(0, golden.Rows.Length).Select(r => features(golden, r)).ToArray();
        var answers = new TAnswer[records.Length];
        typed.Predict(records, answers);
        for (var row = 0; row < records.Length; row++)
        {
            var one = typed.Predict(in records[row]);
            foreach (var column in golden.AnswerColumns)
            {
                golden.AssertAnswer(row, column, answer(answers[row], column));
                golden.AssertAnswer(row, column, answer(one, column));
            }
        }
    }

    private static void AssertByName(GoldenCase golden, IModel model, int batch)
    {
        using var inputs = new ModelInputs();
        var outputs = new ModelOutputs();
        for (var first = 0; first + batch <= golden.Rows.Length; first += batch)
        {
            golden.Fill(inputs, model.Manifest!.Signature, first, batch);
            model.Run(inputs, outputs);
            for (var row = 0; row < batch; row++)
            {
                foreach (var column in golden.AnswerColumns)
                {
                    golden.AssertAnswer(first + row, column, GoldenCase.Answer(outputs, column, row, model.Manifest.Output.ClassNames));
                }
            }
        }
    }
}
