using System.Globalization;
using Mlp.TestSupport;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Trees;

/// <summary>Text models and scores that other tools made.</summary>
public sealed class LightGbmGoldenTests
{
    private const string Cancer = "golden/onnx/lightgbm_cancer/model.txt";
    private const string Adult = "golden/shap/adult_categorical_model.txt";

    [ReferenceDataFact(Cancer)]
    public void ToOnnx_Cancer_GivesTheProbabilitiesOfLightGbm()
    {
        var model = LightGbmModel.Load(ReferenceData.Find(Cancer)!);
        var rows = TreeData.ReadRows("golden/onnx/lightgbm_cancer/inputs.csv");
        double[] native = [.. File.ReadLines(ReferenceData.Find("golden/onnx/lightgbm_cancer/expected.csv")!).Skip(1).Select(l => double.Parse(l.Split(',')[3], CultureInfo.InvariantCulture))];

        Assert.Equal((30, 1, "binary sigmoid:1", "v4"), (model.FeatureNames.Count, model.ScoreCount, model.Objective, model.Version));
        AssertScores(model, rows, LightGbmModel.ScoreOutput, native);
        var own = new double[1];
        Assert.All(rows.Chunk(30).Zip(native), pair =>
        {
            model.Predict([.. pair.First.Select(v => (double)v)], own);
            Assert.Equal(pair.Second, own[0], 7);
        });
    }

    [ReferenceDataFact(Adult)]
    public void ToOnnx_AdultWithCategories_GivesTheRawScoresOfLightGbm()
    {
        var model = LightGbmModel.Load(ReferenceData.Find(Adult)!);
        var rows = TreeData.ReadRows("golden/shap/adult_categorical_inputs.csv");
        double[] raw = [.. File.ReadLines(ReferenceData.Find("golden/shap/adult_categorical_raw.csv")!).Select(l => double.Parse(l, CultureInfo.InvariantCulture))];

        Assert.Equal(["age", "education_num", "capital_gain", "hr_per_week", "occupation", "marital", "relationship", "sex"], model.FeatureNames);
        AssertScores(model, rows, LightGbmModel.RawScoreOutput, raw);
        var own = new double[1];
        Assert.All(rows.Chunk(8).Zip(raw), pair =>
        {
            model.PredictRaw([.. pair.First.Select(v => (double)v)], own);
            Assert.Equal(pair.Second, own[0], 12);
        });
    }

    [ReferenceDataFact(Adult)]
    public void ToOnnx_AdultWithCategories_AnswersMissingAndUnseenCategoriesAsTheModelItself()
    {
        var model = LightGbmModel.Load(ReferenceData.Find(Adult)!);
        var random = new Random(3);
        var seen = TreeData.ReadRows("golden/shap/adult_categorical_inputs.csv");
        float[] rows = [.. Enumerable.Range(0, 400).SelectMany(_ => seen.AsSpan(random.Next(seen.Length / 8) * 8, 8).ToArray()).Select(v => random.Next(5) == 0 ? float.NaN : random.Next(9) == 0 ? random.Next(200) : v)];

        AssertScores(model, rows, LightGbmModel.RawScoreOutput, TreeData.Native(model.Text, rows, 8, 1, predictType: 1));
    }

    private static void AssertScores(LightGbmModel model, float[] rows, string output, double[] reference)
    {
        foreach (var operation in Enum.GetValues<TreeOperator>())
        {
            foreach (var precision in Enum.GetValues<TreePrecision>())
            {
                var onnx = model.ToOnnx(new TreeConversionOptions { Operator = operation, Precision = precision, IncludeRawScore = true });
                Assert.InRange(TreeData.Difference(TreeData.Run(onnx, rows, model.FeatureNames.Count, output), reference), 0, 2e-6);
            }
        }
    }
}
