using System.Text;
using Mlp.Runtime;
using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Slices;

namespace Mlp.Training.Tests.Evaluation;

public sealed class EvaluationResultTests
{
    [Fact]
    public void ToJson_EveryTask_IsReadBackTheSame()
    {
        foreach (var result in Results())
        {
            var again = EvaluationResult.Parse(result.ToJson());

            Assert.Equal(Encoding.UTF8.GetString(result.ToJson()), Encoding.UTF8.GetString(again.ToJson()));
            Assert.Equal(result.Task, again.Task);
            Assert.Equal(result.Metrics, again.Metrics);
            Assert.Equal(result.Intervals, again.Intervals);
            Assert.Equal(result.Notes, again.Notes);
            Assert.Equal(result.ToString(), again.ToString());
        }
    }

    [Fact]
    public void Save_File_IsLoaded()
    {
        using var folder = new TempDirectory();
        var (path, result) = (Path.Combine(folder.FullName, "evaluation.json"), Results()[0]);

        result.Save(path);

        Assert.Equal(result.Metrics, EvaluationResult.Load(path).Metrics);
    }

    [Fact]
    public void Load_NoFile_SaysWhatIsMissing()
    {
        using var folder = new TempDirectory();
        var path = Path.Combine(folder.FullName, "evaluation.json");

        Assert.Equal($"Expected an evaluation saved at '{path}', but found none.", Assert.Throws<FileNotFoundException>(() => EvaluationResult.Load(path)).Message);
    }

    [Fact]
    public void Parse_CommittedFile_IsRead()
    {
        var result = EvaluationResult.Load(Path.Combine(AppContext.BaseDirectory, "Evaluation", "Fixtures", "evaluation-v1.json"));

        Assert.Equal(6, result.RowCount);
        Assert.Equal(8.0 / 9, result.Metrics["auc"], 1e-12);
        Assert.True(result.Intervals["auc"].Contains(8.0 / 9));
        Assert.Equal("company=red", Assert.Single(result.Slices).Name);
        Assert.Equal(10, result.Classification!.Calibration.Count);
    }

    [Fact]
    public void Parse_NewerOrOtherFile_IsRefused()
    {
        var json = Encoding.UTF8.GetString(Results()[0].ToJson());

        Assert.Throws<UnsupportedFormatVersionException>(() => EvaluationResult.Parse(Encoding.UTF8.GetBytes(json.Replace("\"formatVersion\": 1", "\"formatVersion\": 2", StringComparison.Ordinal))));
        Assert.Throws<CorruptFileException>(() => EvaluationResult.Parse("{}"u8));
        Assert.Throws<CorruptFileException>(() => EvaluationResult.Parse(Encoding.UTF8.GetBytes(json[..^20])));
    }

    [Fact]
    public void Intervals_TopOne_IsThatOfAccuracy()
    {
        var result = Evaluator.Evaluate(ScoredRows.Multiclass([0.8, 0.2, 0.3, 0.7, 0.6, 0.4, 0.1, 0.9], [0, 1, 1, 1], ["no", "yes"]), new EvaluatorOptions { TopK = { 1 } });

        Assert.Equal(result.Intervals["accuracy"], result.Intervals["top_1_accuracy"]);
    }

    [Fact]
    public void ToString_Multiclass_ShowsMetricsIntervalsAndConfusion()
    {
        var text = Evaluator.Evaluate(
            ScoredRows.Multiclass([0.8, 0.2, 0.3, 0.7, 0.6, 0.4, 0.1, 0.9], [0, 1, 1, 1], ["no", "yes"]), new EvaluatorOptions { TopK = { 2 } }).ToString();
        Assert.StartsWith("multiclass-classification on 4 rows\nmetric", text, StringComparison.Ordinal);
        Assert.Contains("\naccuracy            0.75   0.300642 to 0.954413\n", text, StringComparison.Ordinal);
        Assert.Contains("\ntrue \\ predicted  no  yes  auc\nno                 1    0    1\nyes                1    2    1\n", text, StringComparison.Ordinal);
        Assert.Contains("\ntop_2_accuracy         1", text, StringComparison.Ordinal);
    }

    private static EvaluationResult[] Results() =>
    [
        Evaluator.Evaluate(ScoredRows.Binary([0.1, 0.9, 0.4, 0.6, 0.3, 0.8], [0, 1, 1, 0, 0, 1])) with
        {
            SliceMetric = "auc",
            Slices =
            [
                new SliceResult
                {
                    Name = "company=red",
                    RowCount = 3,
                    Deficit = double.NaN,
                    IsWorse = false,
                    Metrics = new Dictionary<string, double> { ["auc"] = double.NaN },
                    Intervals = new Dictionary<string, Mlp.Runtime.Statistics.ConfidenceInterval>(),
                },
            ],
        },
        Evaluator.Evaluate(ScoredRows.Binary([0.1, 9, 0.4], [1, 1, 1])),
        Evaluator.Evaluate(ScoredRows.Regression([1, 2, 3.5], [1, 2.5, 3])),
        Evaluator.Evaluate(ScoredRows.Multiclass([0.6, 0.3, 0.1, 0.2, 0.7, 0.1], [0, 1], ["a", "b", "c"]), new EvaluatorOptions { TopK = { 2 } }),
        Evaluator.Evaluate(ScoredRows.Ranking([3, 2, 1, 1, 2, 3], [0, 1, 0, 2, 0, 1], [1, 1, 1, 2, 2, 2])),
    ];
}
