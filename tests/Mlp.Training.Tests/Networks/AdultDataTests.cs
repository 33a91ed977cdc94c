using System.Globalization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Statistics;
using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Networks;

/// <summary>A real data set: does a person of the 1994 census earn more than 50,000 dollars? (Kohavi, 1996.)</summary>
public sealed class AdultDataTests
{
    private const string File = "data/adult.csv";
    private const int RowCount = 12_000;

    private static readonly string[] Numbers = ["age", "education_num", "capital_gain", "capital_loss", "hr_per_week"];
    private static readonly string[] Texts = ["type_employer", "education", "marital", "occupation", "relationship", "race", "sex", "country"];

    [ReferenceDataFact(File)]
    public async Task FitAsync_AdultCensus_ReachesTheKnownQualityAndExports()
    {
        var split = await TimeSplit.ByShareAsync(Read(), 0.3);
        var trainer = new NetworkTrainer(new NetworkOptions { Seed = 1, MaxEpochs = 12, LearningRate = 0.003 });

        using var network = await trainer.FitAsync(split.Training);
        var model = network.Export();
        var result = await Evaluator.EvaluateAsync(model, split.Holdout);

        // Logistic regression reaches about 0.905 and boosted trees about 0.925 with all 32,561 rows.
        Assert.InRange(result.Metrics["auc"], 0.895, 0.93);
        Assert.InRange(result.Metrics["log_loss"], 0.28, 0.345);
        Assert.InRange(model.ExportProof.MaximumDifference, 0, 1e-5);
    }

    [ReferenceDataFact(File)]
    public async Task FitAsync_FiveFoldsOfAllRows_ReachAnAucOfNineTenthsAndMore()
    {
        const int Folds = 5;
        var options = new NetworkOptions { Seed = 1, MaxEpochs = 12, EarlyStoppingPatience = 12, ValidationShare = 0, LearningRate = 0.004, AverageDecay = 0.99 };
        options.Schedule.Kind = ScheduleKind.OneCycle;
        var trainer = new NetworkTrainer(options);
        var aucs = new List<double>();
        for (var fold = 0; fold < Folds; fold++)
        {
            var of = fold;
            using var network = await trainer.FitAsync(Read(int.MaxValue, row => row % Folds != of));
            var holdout = await SyntheticRows.BatchOf(Read(int.MaxValue, row => row % Folds == of));
            var truth = (Apache.Arrow.BooleanArray)holdout.Column("income");
            aucs.Add(BinaryClassificationMetrics.Compute(network.Predict(holdout), [.. Enumerable.Range(0, truth.Length).Select(i => truth.GetValue(i)!.Value)]).Auc);
        }

        Assert.True(aucs.Average() >= 0.905, string.Join(", ", aucs));
    }

    private static ArrowTrainingSet Read(int count = RowCount, Func<int, bool>? isTaken = null)
    {
        var lines = System.IO.File.ReadLines(ReferenceData.Find(File)!).Take((int)Math.Min(count + 1L, int.MaxValue)).Where((_, i) => i == 0 || isTaken?.Invoke(i) != false).Select(l => l.Split(',')).ToList();
        var header = lines[0];
        var rows = new Rows();
        foreach (var name in Numbers)
        {
            rows.Int64(name, [.. Column(name).Select(v => (long?)long.Parse(v, CultureInfo.InvariantCulture))]);
        }

        foreach (var name in Texts)
        {
            rows.Text(name, [.. Column(name).Select(v => v.Trim() is "?" or "" ? null : v.Trim())]);
        }

        return rows.Label("income", [.. Column("income").Select(v => v.Trim().StartsWith(">50K", StringComparison.Ordinal))]).Set("income");

        IEnumerable<string> Column(string name)
        {
            var index = Array.IndexOf(header, name);
            return lines.Skip(1).Select(l => l[index]);
        }
    }
}
