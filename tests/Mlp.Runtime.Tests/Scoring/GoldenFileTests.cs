using System.Globalization;
using Apache.Arrow;
using Mlp.Runtime.Batching;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Scoring;
using Mlp.Runtime.Tests.Inference;
using Mlp.TestSupport;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Scoring;

/// <summary>Models that scikit-learn, LightGBM and XGBoost exported give the answers of Python by table, by Arrow file and by Parquet file, with dynamic batching off and on: scores, probabilities and labels.</summary>
public sealed class GoldenFileTests
{
    [ReferenceDataFact("golden/onnx/lightgbm_cancer")]
    public Task LightGbm_ByTableAndFile_GivesTheSameAnswers() => AssertAsync("lightgbm_cancer");

    [ReferenceDataFact("golden/onnx/sklearn_adult_logistic_plain")]
    public Task ScikitPipeline_ByTableAndFile_GivesTheSameAnswers() => AssertAsync("sklearn_adult_logistic_plain");

    [ReferenceDataFact("golden/onnx/sklearn_adult_logistic_zipmap")]
    public Task ScikitPipelineWithZipMap_ByTableAndFile_GivesTheSameAnswers() => AssertAsync("sklearn_adult_logistic_zipmap");

    [ReferenceDataFact("golden/onnx/sklearn_iris_forest_strings")]
    public Task ScikitForestWithTextLabels_ByTableAndFile_GivesTheSameAnswers() => AssertAsync("sklearn_iris_forest_strings");

    [ReferenceDataFact("golden/onnx/sklearn_diabetes_ridge_double")]
    public Task ScikitRidgeInDouble_ByTableAndFile_GivesTheSameAnswers() => AssertAsync("sklearn_diabetes_ridge_double");

    [ReferenceDataFact("golden/onnx/xgboost_diabetes")]
    public Task XgBoost_ByTableAndFile_GivesTheSameAnswers() => AssertAsync("xgboost_diabetes");

    private static async Task AssertAsync(string folder)
    {
        await AssertAsync(folder, static _ => { });
        await AssertAsync(folder, static o => o.WithDynamicBatching());
    }

    private static async Task AssertAsync(string folder, Action<ModelOptions> configure)
    {
        var golden = GoldenCase.Open(folder);
        using var files = new ScoredFiles();
        await using var platform = await ServeAsync(Package(golden.Onnx, golden.Output), configure: configure);
        var model = platform.Model;
        Assert.Null(model.UnavailableReason);
        var classNames = model.Manifest!.Output.ClassNames;
        var isClassifier = golden.AnswerColumns.Any(c => c.EndsWith("label", StringComparison.Ordinal));
        var options = new ScoringOptions
        {
            Columns = [],
            Probabilities = isClassifier ? ClassProbabilities.List : ClassProbabilities.None,
            IncludeLabel = classNames.Count > 0,
        };
        using var batch = Table(golden, model.Description!.Layout);

        using var scored = await model.ScoreAsync(batch, options);
        var file = new FileScoringOptions { Scoring = options, RowsPerPart = 16 };
        await model.ScoreFileAsync(await files.WriteArrowAsync("rows.arrow", isStream: false, [batch]), files.Combine("out.arrow"), file);
        await model.ScoreFileAsync(files.WriteParquet("rows.parquet", batch), files.Combine("out.parquet"), file);

        AssertAnswers(golden, Rows(scored), classNames);
        AssertAnswers(golden, [.. (await ScoredFiles.ReadArrowAsync(files.Combine("out.arrow"))).SelectMany(Rows)], classNames);
        AssertAnswers(golden, [.. files.Query(files.Combine("out.parquet"), Select(scored.Schema)).Select(Row)], classNames);
    }

    private static void AssertAnswers(GoldenCase golden, IReadOnlyList<Scored> rows, IReadOnlyList<string> classNames)
    {
        Assert.Equal(golden.Rows.Length, rows.Count);
        for (var row = 0; row < rows.Count; row++)
        {
            foreach (var column in golden.AnswerColumns)
            {
                golden.AssertAnswer(row, column, Find(rows[row], column, classNames));
            }
        }
    }

    private static object Find(Scored row, string column, IReadOnlyList<string> classNames)
    {
        if (column.EndsWith("label", StringComparison.Ordinal))
        {
            return row.Label ?? (object)row.PredictedClass;
        }

        if (row.Probabilities.Count == 0)
        {
            return row.Score;
        }

        var element = column[(column.IndexOf('[', StringComparison.Ordinal) + 1)..^1];
        return row.Probabilities[classNames.ToList().IndexOf(element) is var known and >= 0 ? known : int.Parse(element, CultureInfo.InvariantCulture)];
    }

    private static IReadOnlyList<Scored> Rows(RecordBatch batch)
    {
        var probabilities = batch.Schema.GetFieldIndex("probabilities") < 0 ? null : (FixedSizeListArray)batch.Column("probabilities");
        var labels = batch.Schema.GetFieldIndex("predicted_label") < 0 ? null : (StringArray)batch.Column("predicted_label");
        return
        [
            .. Enumerable.Range(0, batch.Length).Select(i => new Scored(
                ((DoubleArray)batch.Column("score")).GetValue(i)!.Value,
                ((Int32Array)batch.Column("predicted_class")).GetValue(i)!.Value,
                probabilities is null ? [] : ((DoubleArray)probabilities.GetSlicedValues(i)).Values.ToArray(),
                labels?.GetString(i))),
        ];
    }

    private static string Select(Schema schema)
        => string.Join(
            ", ",
            "score",
            "predicted_class",
            schema.GetFieldIndex("probabilities") < 0 ? "[]::DOUBLE[]" : "probabilities",
            schema.GetFieldIndex("predicted_label") < 0 ? "NULL::VARCHAR" : "predicted_label");

    private static Scored Row(object?[] row) => new((double)row[0]!, (int)row[1]!, [.. ((IEnumerable<double>)row[2]!)], (string?)row[3]);

    private static RecordBatch Table(GoldenCase golden, FeatureRowLayout layout)
    {
        var columns = layout.Columns.Select((c, i) => Column(c.Type, [.. golden.Rows.Select(r => r[i])])).ToList();
        return new RecordBatch(new Schema(layout.Columns.Zip(columns, (c, a) => new Field(c.Name, a.Data.DataType, true)), null), columns, golden.Rows.Length);
    }

    private static IArrowArray Column(FeatureType type, string[] cells) => type switch
    {
        FeatureType.Float32 => cells.Aggregate(new FloatArray.Builder(), (b, c) => c == "NaN" ? b.AppendNull() : b.Append(float.Parse(c, CultureInfo.InvariantCulture))).Build(),
        FeatureType.Float64 => cells.Aggregate(new DoubleArray.Builder(), (b, c) => c == "NaN" ? b.AppendNull() : b.Append(double.Parse(c, CultureInfo.InvariantCulture))).Build(),
        _ => new StringArray.Builder().AppendRange(cells).Build(),
    };

    private sealed record Scored(double Score, int PredictedClass, IReadOnlyList<double> Probabilities, string? Label);
}
