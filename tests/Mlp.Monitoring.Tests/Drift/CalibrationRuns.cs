using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Figures;
using Mlp.TestSupport.Streams;

namespace Mlp.Monitoring.Tests.Drift;

/// <summary>
/// A hundred references of 2,000 rows by 200 features, each with a window of 2,000 rows: as it is, and with one known change of one of its features. Rows are made and counted once; only the changed feature is counted again for each change.
/// </summary>
public sealed class CalibrationRuns
{
    public const int Runs = 100;
    public const int NumericCount = 150;
    public const int CategoricalCount = 50;

    private const int ReferenceRows = 2_000;
    private const int WindowRows = 2_000;
    private const int EarlyRows = 200;

    private static readonly DriftMethod[] StableMethods = [DriftMethod.PopulationStabilityIndex, DriftMethod.JensenShannon, DriftMethod.KolmogorovSmirnov];
    private static readonly DriftMethod[] ChangeMethods = [DriftMethod.PopulationStabilityIndex, DriftMethod.Wasserstein];
    private static readonly StreamChange[] Changes = [StreamChange.MeanShift, StreamChange.Variance, StreamChange.NewCategory, StreamChange.MissingBurst];

    public CalibrationRuns()
    {
        for (var run = 0; run < Runs; run++)
        {
            Add(new ChangingRows(NumericCount, CategoricalCount, 1_000 + run), new Random(run));
        }
    }

    /// <summary>Of stable windows, by distance and rows: those with a finding, and those with a feature that chance does not explain, whatever its distance.</summary>
    internal Dictionary<(DriftMethod Method, long Rows), (int Full, int BySignificance)> Stable { get; } = [];

    /// <summary>By change, distance and kind of finding: windows in which the changed feature was found.</summary>
    internal Dictionary<(StreamChange Change, DriftMethod Method, FindingKind Kind), int> Found { get; } = [];

    /// <summary>By change and distance: windows with a finding about a feature that did not change.</summary>
    internal Dictionary<(StreamChange Change, DriftMethod Method), int> Others { get; } = [];

    internal static DriftRules Rules(DriftMethod method) => new(
        new DriftOptions { NumericMethod = method, CategoricalMethod = DriftRules.NeedsNumbers(method) ? DriftMethod.PopulationStabilityIndex : method, Significance = 0.05 }, 0.01, 100);

    private static void Change(StreamChange change, FeatureWindow window, ChangingRows row, Random random)
    {
        switch (change)
        {
            case StreamChange.MeanShift:
                window.Add(row.Numbers[0] + 0.5, 1);
                break;
            case StreamChange.Variance:
                window.Add(row.Numbers[0] * Math.Sqrt(2), 1);
                break;
            case StreamChange.NewCategory:
                window.Histogram.AddCategory(random.NextDouble() < 0.05 ? "new" : row.Categories[0]);
                break;
            case StreamChange.MissingBurst when random.NextDouble() < 0.05:
                window.Histogram.AddMissing();
                break;
            default:
                window.Add(row.Numbers[0], 1);
                break;
        }
    }

    private void Add(ChangingRows stream, Random random)
    {
        var window = new DriftWindow(StreamWindows.Reference(stream, ReferenceRows), Rules(DriftMethod.KolmogorovSmirnov), WindowRows);
        var changed = Changes.Select(c => (Change: c, Window: new FeatureWindow(window.Features[c == StreamChange.NewCategory ? NumericCount : 0].Histogram.Profile, WindowRows))).ToArray();
        void CountChanged() => Array.ForEach(changed, c => Change(c.Change, c.Window, stream, random));

        StreamWindows.Fill(window, stream, EarlyRows, CountChanged);
        CountStable(window);
        StreamWindows.Fill(window, stream, WindowRows - EarlyRows, CountChanged);
        CountStable(window);
        foreach (var (change, feature) in changed)
        {
            foreach (var method in ChangeMethods)
            {
                CountChange(change, method, StreamWindows.Compare(window, Rules(method), feature), feature.Histogram.Profile.Name);
            }
        }
    }

    private void CountStable(DriftWindow window)
    {
        foreach (var method in StableMethods)
        {
            var report = StreamWindows.Compare(window, Rules(method));
            Assert.Equal(NumericCount + CategoricalCount, report.Features.Count);
            var (full, significant) = Stable.GetValueOrDefault((method, window.RowCount));
            Stable[(method, window.RowCount)] = (full + (report.Findings.Count > 0 ? 1 : 0), significant + (report.Features.Any(f => f.AdjustedPValue <= 0.05) ? 1 : 0));
        }
    }

    private void CountChange(StreamChange change, DriftMethod method, DriftReport report, string name)
    {
        foreach (var kind in report.Findings.Where(f => f.Subject.Feature == name).Select(f => f.Kind).Distinct())
        {
            Found[(change, method, kind)] = Found.GetValueOrDefault((change, method, kind)) + 1;
        }

        Others[(change, method)] = Others.GetValueOrDefault((change, method)) + (report.Findings.Any(f => f.Subject.Feature != name) ? 1 : 0);
    }
}
