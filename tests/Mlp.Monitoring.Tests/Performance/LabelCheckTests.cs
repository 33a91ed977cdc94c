using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Redaction;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Tests.Performance;

public sealed class LabelCheckTests : LogEvaluationFixture
{
    [Fact]
    public async Task CheckLabelsAsync_UnknownAndWrongLabels_HaveTheirFindings()
    {
        var binary = Log.Writer.Attach(TestModels.Serve(Layout))!;
        var regression = Log.Writer.Attach(TestModels.Serve(Layout, name: "fares", task: ModelTask.Regression))!;
        for (var i = 0; i < 10; i++)
        {
            Record(binary, i, 0.5, Noon);
            Record(regression, 100 + i, 7, Noon);
        }

        await Log.FlushAsync();
        Assert.Empty((await Performance.CheckLabelsAsync(default)).Findings);
        await LabelAsync([(0, 1), (1, 0.3), (2, 0.3), (100, 0.3), (5_000, 1), (5_001, 1), (5_002, 1)]);
        await LabelAsync([(2, 1)], Noon.AddHours(1));
        await Labels.RecordAsync(new[] { Label.ForPrediction(TestModels.Id(5_002), null, Noon.AddHours(1)) }, default);

        var report = await Performance.CheckLabelsAsync(default);

        // One of the wrong labels was corrected and one of the unknown ones was taken back.
        Assert.Equal((9, 2), (report.LabelCount, report.UnknownCount));
        Assert.Equal(
            [
                "Expected every label to name a logged answer, but found 2 of 9 labels whose prediction no log holds.",
                "Expected every label of a binary model to be 0 or 1, but found 1 other labels, which are left out of every figure (model 'tips' version 1).",
            ],
            report.Findings.Select(f => f.Message));
        Assert.All(report.Findings, f => Assert.Equal(Figures.FindingKind.DataQuality, f.Kind));

        // What was found stays among the monitor's findings until labels are checked again.
        Assert.Equal(report.Findings, ((Figures.IFigureSource)Performance).Findings);
    }

    [Fact]
    public async Task Findings_WrongLabelsInTheLiveWindow_AreFoundWithoutACheck()
    {
        var sink = Log.Writer.Attach(TestModels.Serve(Layout))!;
        for (var i = 0; i < 10; i++)
        {
            Record(sink, i, 0.5, Noon.AddHours(23));
        }

        await Log.FlushAsync();
        await LabelAsync([(0, 1), (1, 0), (2, 0.3), (3, 7)]);

        await Performance.EvaluateLatestAsync("tips", default);
        var finding = Assert.Single(((Figures.IFigureSource)Performance).Findings);
        await Performance.CheckLabelsAsync(default);

        Assert.Equal((LabelFindings.WrongTest, 2.0, 4), (finding.Test, finding.Statistic, finding.RowCount));
        Assert.StartsWith("Expected every label of a binary model to be 0 or 1, but found 2 other labels", finding.Message, StringComparison.Ordinal);
        Assert.Single(((Figures.IFigureSource)Performance).Findings);
    }

    [Fact]
    public async Task CheckLabelsAsync_LabelsOfEntitiesThatMeetNothing_AreCountedByModel()
    {
        var sink = Log.Writer.Attach(TestModels.Serve(Layout))!;
        Record(sink, 1, 0.5, Noon, area: 8);
        await Log.FlushAsync();
        await Labels.RecordAsync(
            new[]
            {
                Label.ForEntity("tips", (EntityValue[])["x", 8], Noon, 1, Noon),
                Label.ForEntity("tips", (EntityValue[])["y", 8], Noon, 1, Noon),
                Label.ForEntity("tips", (EntityValue[])["x", 8], Noon.AddYears(1), 1, Noon),
                Label.ForEntity("tips", (EntityValue[])["x", 8], Noon.AddYears(1), 0, Noon.AddHours(1)),
                Label.ForEntity("tips", (EntityValue[])["z", 8], Noon, null, Noon),
                Label.ForEntity("other", (EntityValue[])["x", 8], Noon, 1, Noon),
            },
            default);

        var report = await Performance.CheckLabelsAsync(default);

        Assert.Equal((6, 0), (report.LabelCount, report.UnknownCount));
        Assert.Equal([("other", 1L), ("tips", 2L)], report.UnknownEntityCounts.OrderBy(u => u.Key).Select(u => (u.Key, u.Value)));
        Assert.Equal(
            "Expected every label of an entity of model 'tips' to meet a logged answer of that key and event time, to the microsecond, but found 2 that meet none.", report.Findings[1].Message);
    }
}
