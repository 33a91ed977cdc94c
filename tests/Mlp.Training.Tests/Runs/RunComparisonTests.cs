using Apache.Arrow;
using Mlp.Training.Runs;

namespace Mlp.Training.Tests.Runs;

public sealed class RunComparisonTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    private static readonly RunRecord[] Runs =
    [
        Run("first", RunStatus.Finished, new() { ["lr"] = "0.1", ["seed"] = "1" }, new() { ["auc"] = [0.5, 0.912345678, double.NaN], ["loss"] = [2, 1] }),
        Run("second-run", RunStatus.Running, new() { ["lr"] = "0.2", ["seed"] = "1" }, new() { ["auc"] = [0.75] }),
    ];

    [Fact]
    public void ToString_Runs_IsAnAlignedTable()
        => Assert.Equal(
            """
            name        status    started              duration    lr   seed   auc  loss
            first       finished  2026-11-28 12:00:00  0.00:01:05  0.1  1      NaN     1
            second-run  running   2026-11-28 12:00:00              0.2  1     0.75

            """.ReplaceLineEndings("\n"),
            new RunComparison(Runs).ToString());

    [Fact]
    public void ToString_SettingOfSeveralLines_StaysOnOneLine()
    {
        var text = new RunComparison([Run("a", RunStatus.Finished, new() { ["json"] = "{\r\n\t\"a\": 1\u0001\n}" }, [])]).ToString();

        Assert.Equal(2, text.Count(c => c == '\n'));
        Assert.Contains("""{\r\n\t"a": 1\u0001\n}""", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_DifferencesOnly_LeavesEqualSettingsOut()
    {
        var text = new RunComparison(Runs, MetricSummary.Maximum, differencesOnly: true).ToString();

        Assert.DoesNotContain("seed", text, StringComparison.Ordinal);
        Assert.Contains("0.912346", text, StringComparison.Ordinal);
    }

    [Fact]
    public void DifferencesOnly_PartsWithoutTheSettingsOfTheirRun_DoNotMakeThemDiffer()
    {
        RunRecord[] runs =
        [
            Run("a", RunStatus.Finished, new() { ["trainer.Kind"] = "trees", ["trainer.LearningRate"] = "0.1", ["seed"] = "1" }, []),
            Run("a-1", RunStatus.Finished, new() { ["fold"] = "0", ["repeat"] = "0" }, []) with { ParentRunId = "a" },
            Run("a-2", RunStatus.Finished, new() { ["fold"] = "1", ["repeat"] = "0" }, []) with { ParentRunId = "a" },
            Run("b", RunStatus.Finished, new() { ["trainer.Kind"] = "trees", ["trainer.LearningRate"] = "0.2", ["seed"] = "1" }, []),
        ];

        Assert.Equal(["fold", "trainer.LearningRate"], Differing(runs));
    }

    [Fact]
    public void DifferencesOnly_RunWithoutATrainer_DoesNotMakeTheTrainersSettingsDiffer()
    {
        RunRecord[] runs =
        [
            Run("a", RunStatus.Finished, new() { ["rate"] = "0.1", ["trainer.Kind"] = "trees", ["trainer.LearningRate"] = "0.1" }, []),
            Run("b", RunStatus.Failed, new() { ["rate"] = "0.2" }, []),
        ];

        Assert.Equal(["rate"], Differing(runs));
    }

    [Fact]
    public void DifferencesOnly_SettingThatOneOfTwoTrainersHas_Differs()
    {
        RunRecord[] runs =
        [
            Run("a", RunStatus.Finished, new() { ["trainer.Kind"] = "trees", ["trainer.GroupColumn"] = "g" }, []),
            Run("b", RunStatus.Finished, new() { ["trainer.Kind"] = "trees", ["city"] = "chicago" }, []),
        ];

        Assert.Equal(["city", "trainer.GroupColumn"], Differing(runs));
    }

    [Fact]
    public void ToRecordBatch_Runs_HasAColumnPerSettingAndMetric()
    {
        using var batch = new RunComparison(Runs).ToRecordBatch();

        Assert.Equal(
            ["id", "name", "status", "started", "ended", "parameter.lr", "parameter.seed", "metric.auc", "metric.loss"], batch.Schema.FieldsList.Select(f => f.Name));
        Assert.Equal(["0.1", "0.2"], Enumerable.Range(0, 2).Select(row => ((StringArray)batch.Column("parameter.lr")).GetString(row)));
        var loss = (DoubleArray)batch.Column("metric.loss");
        Assert.Equal([1.0, null], [loss.GetValue(0), loss.GetValue(1)]);
        var ended = (TimestampArray)batch.Column("ended");
        Assert.Equal([Start.AddSeconds(65), null], [ended.GetTimestamp(0), ended.GetTimestamp(1)]);
    }

    [Fact]
    public void ToRecordBatch_NoRuns_IsEmpty()
    {
        using var batch = new RunComparison([]).ToRecordBatch();

        Assert.Equal(0, batch.Length);
    }

    private static IEnumerable<string> Differing(RunRecord[] runs)
    {
        using var batch = new RunComparison(runs, differencesOnly: true).ToRecordBatch();
        return [.. batch.Schema.FieldsList.Select(f => f.Name).Where(n => n.StartsWith("parameter.", StringComparison.Ordinal)).Select(n => n["parameter.".Length..])];
    }

    private static RunRecord Run(string name, RunStatus status, Dictionary<string, string> parameters, Dictionary<string, double[]> metrics) => new()
    {
        Id = name,
        Experiment = "tips",
        Name = name,
        Status = status,
        StartedAt = Start,
        EndedAt = status == RunStatus.Finished ? Start.AddSeconds(65) : null,
        Parameters = parameters,
        Metrics = metrics.ToDictionary(m => m.Key, IReadOnlyList<MetricPoint> (m) => [.. m.Value.Select((v, i) => new MetricPoint(i, v, Start))]),
    };
}
