using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Figures;
using Mlp.TestSupport.Streams;

namespace Mlp.Monitoring.Tests.Drift;

/// <summary>What a report of 200 features costs in false alarms and finds in one window, on rows whose drift is known.</summary>
public sealed class DriftCalibrationTests
{
    private const int Runs = 100;
    private const int ReferenceRows = 2_000;
    private const int WindowRows = 2_000;

    /// <summary>Of 100 windows with a chance of 0.05 each, more than 11 alarm in one of 230 repetitions.</summary>
    private const int MaximumAlarms = 11;

    [Fact]
    public void Compare_StableWindows_AlarmAtMostAsOftenAsAsked()
    {
        DriftMethod[] methods = [DriftMethod.PopulationStabilityIndex, DriftMethod.JensenShannon, DriftMethod.KolmogorovSmirnov];
        var alarms = new Dictionary<(DriftMethod Method, int Rows), (int Full, int BySignificance)>();
        for (var run = 0; run < Runs; run++)
        {
            var stream = new DriftStream(150, 50, 1_000 + run);
            var window = new DriftWindow(StreamWindows.Reference(stream, ReferenceRows), Rules(DriftMethod.KolmogorovSmirnov), WindowRows);
            StreamWindows.Fill(window, stream, 200);
            Count(window);
            StreamWindows.Fill(window, stream, WindowRows - 200);
            Count(window);
        }

        // The second number is of alarms without the help of the threshold: whether the correction holds what it promises.
        Assert.Equal(6, alarms.Count);
        Assert.All(alarms, a => Assert.InRange(a.Value.Full, 0, MaximumAlarms));
        Assert.All(alarms, a => Assert.InRange(a.Value.BySignificance, 0, MaximumAlarms));

        void Count(DriftWindow window)
        {
            foreach (var method in methods)
            {
                var report = StreamWindows.Compare(window, Rules(method));
                Assert.Equal(200, report.Features.Count);
                var (full, significant) = alarms.GetValueOrDefault((method, (int)window.RowCount));
                alarms[(method, (int)window.RowCount)] = (full + (report.Findings.Count > 0 ? 1 : 0), significant + (report.Features.Any(f => f.AdjustedPValue <= 0.05) ? 1 : 0));
            }
        }
    }

    [Theory]
    [InlineData(StreamChange.MeanShift, 0.5, DriftMethod.PopulationStabilityIndex, FindingKind.Drift)]
    [InlineData(StreamChange.MeanShift, 0.5, DriftMethod.Wasserstein, FindingKind.Drift)]
    [InlineData(StreamChange.Variance, 2, DriftMethod.PopulationStabilityIndex, FindingKind.Drift)]
    [InlineData(StreamChange.Variance, 2, DriftMethod.Wasserstein, FindingKind.Drift)]
    [InlineData(StreamChange.NewCategory, 0.05, DriftMethod.PopulationStabilityIndex, FindingKind.Drift)]
    [InlineData(StreamChange.NewCategory, 0.05, DriftMethod.PopulationStabilityIndex, FindingKind.DataQuality)]
    [InlineData(StreamChange.MissingBurst, 0.05, DriftMethod.PopulationStabilityIndex, FindingKind.DataQuality)]
    public void Compare_KnownChange_IsFoundWithinOneWindow(StreamChange change, double size, DriftMethod method, FindingKind kind)
    {
        var rules = Rules(method);
        var name = change == StreamChange.NewCategory ? StreamWindows.Category : StreamWindows.Number;
        var (found, others) = (0, 0);
        for (var run = 0; run < Runs; run++)
        {
            var stream = new DriftStream(30, 10, 5_000 + run) { Change = change, Size = size, ChangeRow = ReferenceRows };
            var report = StreamWindows.Compare(stream, WindowRows, StreamWindows.Reference(stream, ReferenceRows), rules);
            found += report.Findings.Any(f => f.Kind == kind && f.Subject.Feature == name) ? 1 : 0;
            others += report.Findings.Count(f => f.Subject.Feature != name);
        }

        Assert.InRange(found, 95, Runs);
        Assert.InRange(others, 0, MaximumAlarms);
    }

    // P(y | x) alone changes: no drift of inputs can see it, and none may be reported.
    [Fact]
    public void Compare_ConceptDrift_IsNoDriftOfTheInputs()
    {
        var stream = new DriftStream(30, 10, 9) { Change = StreamChange.Concept, Size = 1, ChangeRow = ReferenceRows };

        Assert.Empty(StreamWindows.Compare(stream, WindowRows, StreamWindows.Reference(stream, ReferenceRows), Rules(DriftMethod.PopulationStabilityIndex)).Findings);
    }

    private static DriftRules Rules(DriftMethod method) => new(
        new DriftOptions { NumericMethod = method, CategoricalMethod = DriftRules.NeedsNumbers(method) ? DriftMethod.PopulationStabilityIndex : method, Significance = 0.05 }, 0.01, 100);
}
