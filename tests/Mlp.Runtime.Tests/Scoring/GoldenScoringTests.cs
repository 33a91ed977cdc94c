using System.Globalization;
using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Scoring;
using Mlp.Runtime.Tests.Inference;
using Mlp.Runtime.Tests.Registry;
using Mlp.TestSupport;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Scoring;

/// <summary>Models that scikit-learn, LightGBM and XGBoost exported give the answers that ONNX Runtime gave from Python.</summary>
public sealed class GoldenScoringTests
{
    [ReferenceDataFact("golden/onnx/lightgbm_cancer")]
    public Task ScoreAsync_LightGbmClassifier_GivesTheSameAnswers() => AssertSameAsync("lightgbm_cancer", "probabilities[1]");

    [ReferenceDataFact("golden/onnx/sklearn_adult_logistic_plain")]
    public Task ScoreAsync_ScikitPipelineOfColumns_GivesTheSameAnswers() => AssertSameAsync("sklearn_adult_logistic_plain", "probabilities[1]");

    [ReferenceDataFact("golden/onnx/sklearn_diabetes_ridge_double")]
    public Task ScoreAsync_ScikitRidgeInDouble_GivesTheSameAnswers() => AssertSameAsync("sklearn_diabetes_ridge_double", "variable[0]");

    [ReferenceDataFact("golden/onnx/xgboost_diabetes")]
    public Task ScoreAsync_XgBoostRegressor_GivesTheSameAnswers() => AssertSameAsync("xgboost_diabetes", "variable[0]");

    [ReferenceDataFact("golden/onnx/sklearn_adult_logistic_zipmap")]
    public Task ScoreAsync_ScikitPipelineThatEndsInMaps_GivesTheSameAnswers() => AssertSameAsync("sklearn_adult_logistic_zipmap", "output_probability[1]");

    private static async Task AssertSameAsync(string folder, string expectedColumn)
    {
        await using var platform = await ServeAsync(Golden(folder));
        Assert.Null(platform.Model.UnavailableReason);
        var layout = platform.Model.Description!.Layout;
        var inputs = Read($"golden/onnx/{folder}/inputs.csv");
        var expected = Read($"golden/onnx/{folder}/expected.csv");
        var scoreColumn = System.Array.IndexOf(expected[0], expectedColumn);
        using var batch = Batch(layout, inputs);

        using var scored = await platform.Model.ScoreAsync(batch);

        var scores = (DoubleArray)scored.Column(BatchColumns.Score);
        await AssertFileAsync(platform.Model, batch, scores);
        var rows = new FeatureRows(layout, 1);
        var one = new Prediction[1];
        for (var row = 0; row < batch.Length; row++)
        {
            var wanted = double.Parse(expected[row + 1][scoreColumn], CultureInfo.InvariantCulture);
            Assert.Equal(wanted, scores.GetValue(row)!.Value, 2e-7 * Math.Max(1, Math.Abs(wanted)));

            Fill(rows, inputs[row + 1]);
            platform.Model.Predict(rows, one);
            Assert.Equal(wanted, one[0].Score, 2e-7 * Math.Max(1, Math.Abs(wanted)));
        }
    }

    /// <summary>The same table as an Arrow file, and as a Parquet file that another engine wrote.</summary>
    private static async Task AssertFileAsync(IModel model, RecordBatch batch, DoubleArray expected)
    {
        using var files = new ScoredFiles();
        var arrow = await files.WriteArrowAsync("rows.arrow", isStream: false, [batch]);
        var parquet = files.WriteParquet("rows.parquet", batch);

        await model.ScoreFileAsync(arrow, files.Combine("out.arrow"));
        await model.ScoreFileAsync(parquet, files.Combine("out.parquet"));

        var read = await ScoredFiles.ReadArrowAsync(files.Combine("out.arrow"));
        Assert.Equal(expected.Values.ToArray(), read.SelectMany(b => ((DoubleArray)b.Column(BatchColumns.Score)).Values.ToArray()));
        Assert.Equal(expected.Values.ToArray(), files.Query(files.Combine("out.parquet"), "score").Select(r => (double)r[0]!));
    }

    private static ModelPackage Golden(string folder)
    {
        var (_, output, features) = GoldenModels.All.Single(g => g.Folder == folder);
        return Package(File.ReadAllBytes(ReferenceData.Find($"golden/onnx/{folder}/model.onnx")!), output, features: features);
    }

    private static string[][] Read(string path) => [.. File.ReadLines(ReferenceData.Find(path)!).Select(l => l.Split(','))];

    private static RecordBatch Batch(FeatureRowLayout layout, string[][] csv)
    {
        var columns = layout.Columns.Select((c, i) => Column(c.Type, [.. csv.Skip(1).Select(r => r[i])])).ToList();
        return new RecordBatch(new Schema(layout.Columns.Zip(columns, (c, a) => new Field(c.Name, a.Data.DataType, true)), null), columns, csv.Length - 1);
    }

    private static IArrowArray Column(FeatureType type, string[] cells) => type switch
    {
        FeatureType.Float32 => new FloatArray.Builder().AppendRange(cells.Select(c => float.Parse(c, CultureInfo.InvariantCulture))).Build(),
        FeatureType.Float64 => new DoubleArray.Builder().AppendRange(cells.Select(c => double.Parse(c, CultureInfo.InvariantCulture))).Build(),
        _ => new StringArray.Builder().AppendRange(cells).Build(),
    };

    private static void Fill(FeatureRows rows, string[] cells)
    {
        rows.Reset(1);
        for (var i = 0; i < cells.Length; i++)
        {
            var ordinal = rows.Layout.OffsetOf(i);
            switch (rows.Layout.Columns[i].Type)
            {
                case FeatureType.Float32:
                    rows.Float32[ordinal] = float.Parse(cells[i], CultureInfo.InvariantCulture);
                    break;
                case FeatureType.Float64:
                    rows.Float64[ordinal] = double.Parse(cells[i], CultureInfo.InvariantCulture);
                    break;
                default:
                    rows.SetString(0, ordinal, cells[i]);
                    break;
            }
        }

        rows.Status.Fill(FeatureStatus.Present);
    }
}
