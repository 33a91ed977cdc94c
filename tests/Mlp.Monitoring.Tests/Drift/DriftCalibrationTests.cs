using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Figures;
using Mlp.TestSupport.Streams;

namespace Mlp.Monitoring.Tests.Drift;

/// <summary>What a report of 200 features costs in false alarms and finds in one window, on rows whose drift is known.</summary>
public sealed class DriftCalibrationTests(CalibrationRuns runs) : IClassFixture<CalibrationRuns>
{
    /// <summary>Of 100 windows with a chance of 0.05 each, more than 11 alarm in one of 230 repetitions.</summary>
    private const int MaximumAlarms = 11;

    [Fact]
    public void Compare_StableWindows_AlarmAtMostAsOftenAsAsked()
    {
        // The second number is of alarms without the help of the threshold: whether the correction holds what it promises.
        Assert.Equal(6, runs.Stable.Count);
        Assert.All(runs.Stable, a => Assert.InRange(a.Value.Full, 0, MaximumAlarms));
        Assert.All(runs.Stable, a => Assert.InRange(a.Value.BySignificance, 0, MaximumAlarms));
    }

    [Theory]
    [InlineData(StreamChange.MeanShift, DriftMethod.PopulationStabilityIndex, FindingKind.Drift)]
    [InlineData(StreamChange.MeanShift, DriftMethod.Wasserstein, FindingKind.Drift)]
    [InlineData(StreamChange.Variance, DriftMethod.PopulationStabilityIndex, FindingKind.Drift)]
    [InlineData(StreamChange.Variance, DriftMethod.Wasserstein, FindingKind.Drift)]
    [InlineData(StreamChange.NewCategory, DriftMethod.PopulationStabilityIndex, FindingKind.Drift)]
    [InlineData(StreamChange.NewCategory, DriftMethod.PopulationStabilityIndex, FindingKind.DataQuality)]
    [InlineData(StreamChange.MissingBurst, DriftMethod.PopulationStabilityIndex, FindingKind.DataQuality)]
    public void Compare_KnownChange_IsFoundWithinOneWindow(StreamChange change, DriftMethod method, FindingKind kind)
    {
        Assert.InRange(runs.Found.GetValueOrDefault((change, method, kind)), 95, CalibrationRuns.Runs);
        Assert.InRange(runs.Others[(change, method)], 0, MaximumAlarms);
    }

    // P(y | x) alone changes: no drift of inputs can see it, and none may be reported.
    [Fact]
    public void Compare_ConceptDrift_IsNoDriftOfTheInputs()
    {
        var stream = new ChangingRows(30, 10, 9) { Change = StreamChange.Concept, Size = 1, ChangeRow = 2_000 };

        Assert.Empty(StreamWindows.Compare(stream, 2_000, StreamWindows.Reference(stream, 2_000), CalibrationRuns.Rules(DriftMethod.PopulationStabilityIndex)).Findings);
    }
}
