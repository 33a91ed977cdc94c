using System.Globalization;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Figures;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Reports;
using Mlp.Runtime.Models;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Tests.Reports;

/// <summary>A report of a made-up month of big-tipper, with something in every section; the same each time.</summary>
internal static class SampleReport
{
    private static readonly DateTimeOffset First = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly string[] Names =
    [
        "trip_miles", "trip_seconds", "fare", "pickup_area", "dropoff_area", "payment_type", "company", "hour", "weekday", "company_tip_share",
        "area_tip_share", "area_trips_7d", "log_fare", "is_airport", "passengers", "company_trips_30d",
    ];

    public static MonitoringReport Create(int featureCount = 16, string? hostileName = null)
    {
        var features = Enumerable.Range(0, featureCount).Select(i => Feature(hostileName ?? (i < Names.Length ? Names[i] : $"feature_{i}"), i))
            .Append(Feature("score", 2) with { IsScore = true })
            .OrderByDescending(f => f.PopulationStabilityIndex)
            .ToList();
        var drift = new DriftReport
        {
            Model = hostileName ?? "big-tipper",
            Version = 7,
            ReferenceRowCount = 120_000,
            RowCount = 48_210,
            Features = features,
            NotCompared = ["route_embedding"],
            Vector =
            [
                new VectorDrift { Test = "domain-classifier", Statistic = 0.713, Threshold = 0.55, PValue = 1e-12, AdjustedPValue = 1e-11, ReferenceRowCount = 10_000, RowCount = 10_000, IsDrifted = true },
                new VectorDrift { Test = "pca-reconstruction", Statistic = 1.02, Threshold = 1.11, LowerThreshold = 0.94, PValue = 0.31, AdjustedPValue = 0.4, ReferenceRowCount = 10_000, RowCount = 10_000, IsDrifted = false },
            ],
        };
        return new MonitoringReport
        {
            Model = drift.Model,
            Version = 7,
            Task = ModelTask.BinaryClassification,
            CreatedAt = First.AddDays(31),
            FirstRequestAt = First,
            LastRequestAt = First.AddDays(31),
            PredictionCount = 48_210,
            LabelledCount = 41_864,
            LabelMaturity = 0.8684,
            Findings = [Quality(drift.Model), .. drift.Features.Where(f => f.Severity >= DriftSeverity.Moderate).Select(f => Moved(f, drift.Model))],
            Quality = Figures(0.861, 41_864),
            Windows = [.. Enumerable.Range(0, 31).Select(Window)],
            Calibration = [.. Enumerable.Range(0, 10).Select(Calibrated)],
            Confusion = new ReportConfusion(["small tip", "big tip"], [24_310, 4_120, 3_744, 9_690], 0.5),
            Slices = [.. Slices(hostileName)],
            Drift = drift,
            Log = new LogStatistics(drift.Model, 7, 48_222, 48_210, new Dictionary<DropReason, long> { [DropReason.BufferFull] = 12 }),
        };
    }

    private static FeatureDrift Feature(string name, int i)
    {
        var random = new Random(i + 1);
        var isNumeric = i % 5 != 0;
        var count = isNumeric ? 10 : 3 + (i % 4);
        var reference = Shares(Enumerable.Range(0, count).Select(b => isNumeric ? 1 : 1.0 / (b + 1)));
        var shift = i % 4 == 0 ? 1.6 : i % 4 == 1 ? 0.75 : 0.05;
        var current = Shares(reference.Select((p, b) => p * Math.Exp(shift * ((b / (double)count) - 0.5)) * (1 + (0.06 * (random.NextDouble() - 0.5)))));
        var (missingBefore, missing, unseen) = (i % 3 == 0 ? 0.012 : 0, i % 3 == 0 ? 0.012 + (0.02 * (i % 4)) : 0, isNumeric ? 0 : 0.004 * i);
        var bins = Enumerable.Range(0, count)
            .Select(b => new DriftBin(Label(b, count, isNumeric), reference[b] * (1 - missingBefore), current[b] * (1 - missing - unseen)))
            .ToList();
        if (unseen > 0)
        {
            bins.Add(new DriftBin("unseen", 0, unseen));
        }

        if (missing > 0)
        {
            bins.Add(new DriftBin("missing", missingBefore, missing));
        }

        var psi = bins.Sum(b => (Math.Max(b.ReferenceShare, 1e-4) - Math.Max(b.Share, 1e-4)) * Math.Log(Math.Max(b.ReferenceShare, 1e-4) / Math.Max(b.Share, 1e-4)));
        return new FeatureDrift
        {
            Name = name,
            IsScore = false,
            PopulationStabilityIndex = psi,
            NullThreshold = 0.0021,
            JensenShannonDistance = Math.Sqrt(psi / 8),
            Method = i % 5 == 1 ? DriftMethod.KolmogorovSmirnov : DriftMethod.PopulationStabilityIndex,
            Statistic = i % 5 == 1 ? psi / 2 : psi,
            Threshold = 0.1,
            PValue = psi > 0.1 ? 1e-9 : 0.04,
            AdjustedPValue = psi > 0.1 ? 1.7e-8 : 0.68,
            ReferenceRowCount = 120_000,
            OutOfRangeShare = isNumeric ? 0.0007 * i : 0,
            IsConstant = i == 13,
            Severity = psi > 0.25 ? DriftSeverity.Major : psi > 0.1 ? DriftSeverity.Moderate : DriftSeverity.None,
            RowCount = 48_210,
            ReferenceMissingShare = missingBefore,
            MissingShare = missing,
            UnseenShare = unseen,
            Histogram = new DriftHistogram(bins),
        };
    }

    private static string Label(int bin, int count, bool isNumeric)
    {
        double Edge(int i) => Math.Round(1.7 * i * i, 1);
        return !isNumeric ? new[] { "Credit Card", "Cash", "Mobile", "Prepaid", "No charge", "Dispute" }[bin]
            : bin == 0 ? string.Create(CultureInfo.InvariantCulture, $"< {Edge(1)}")
            : bin == count - 1 ? string.Create(CultureInfo.InvariantCulture, $"≥ {Edge(bin)}")
            : string.Create(CultureInfo.InvariantCulture, $"{Edge(bin)} to {Edge(bin + 1)}");
    }

    private static double[] Shares(IEnumerable<double> weights)
    {
        var all = weights.ToArray();
        return [.. all.Select(w => w / all.Sum())];
    }

    private static List<ReportFigure> Figures(double auc, double rows)
    {
        var half = 0.9 / Math.Sqrt(rows);
        return
        [
            new(FigureNames.Auc, auc, auc - half, auc + half),
            new(FigureNames.AveragePrecision, auc - 0.14, auc - 0.14 - (1.4 * half), auc - 0.14 + (1.4 * half)),
            new(FigureNames.LogLoss, 1.24 - auc, 1.24 - auc - half, 1.24 - auc + half),
            new(FigureNames.Brier, 0.98 - auc, 0.98 - auc - (half / 2), 0.98 - auc + (half / 2)),
            new(FigureNames.CalibrationError, 0.011 + ((0.87 - auc) / 2), null, null),
            new(FigureNames.Accuracy, auc - 0.05, auc - 0.05 - half, auc - 0.05 + half),
            new(FigureNames.Precision, auc - 0.16, auc - 0.16 - half, auc - 0.16 + half),
            new(FigureNames.Recall, auc - 0.14, auc - 0.14 - half, auc - 0.14 + half),
            new(FigureNames.F1, auc - 0.15, null, null),
        ];
    }

    private static ReportWindow Window(int day)
    {
        var random = new Random(100 + day);
        var auc = 0.874 + (0.012 * (random.NextDouble() - 0.5)) - (day > 18 ? 0.0045 * (day - 18) : 0);
        var labelled = day == 11 ? 0 : 1_350 - (day > 26 ? 250 * (day - 26) : 0);
        return new ReportWindow(First.AddDays(day), First.AddDays(day + 1), 1_555, labelled, labelled == 0 ? [] : Figures(auc, labelled), [new(FigureNames.Auc, 0.873 + (0.004 * (random.NextDouble() - 0.5)), 0.86, 0.886), new(FigureNames.AveragePrecision, 0.734, null, null)]);
    }

    private static CalibrationBin Calibrated(int bin)
    {
        var mean = (bin + 0.5) / 10;
        return new CalibrationBin(bin / 10.0, (bin + 1) / 10.0, 9_000 / (1 + (bin * 0.6)), mean, Math.Clamp(mean - (0.12 * mean * (1 - mean)) + (bin == 6 ? 0.03 : 0), 0, 1));
    }

    private static IEnumerable<ReportSlice> Slices(string? hostileName)
    {
        yield return new ReportSlice(null, "champion", 43_390, 37_700, Figures(0.864, 37_700));
        yield return new ReportSlice(null, "challenger", 4_820, 4_164, Figures(0.852, 4_164));
        for (var area = 1; area <= 7; area++)
        {
            yield return new ReportSlice(hostileName ?? $"pickup_area={area}", null, 9_000 / area, 8_000 / area, Figures(0.872 - (0.008 * area), 8_000.0 / area));
        }
    }

    private static Finding Moved(FeatureDrift feature, string model) => new()
    {
        Kind = FindingKind.Drift,
        Subject = new FigureSubject(model, 7, Feature: feature.Name),
        Test = "population-stability-index",
        Statistic = feature.Statistic,
        Threshold = feature.Threshold,
        PValue = feature.PValue,
        AdjustedPValue = feature.AdjustedPValue,
        ReferenceRowCount = feature.ReferenceRowCount,
        RowCount = feature.RowCount,
        Message = string.Create(
            CultureInfo.InvariantCulture, $"Expected feature '{feature.Name}' to be distributed as in its reference, but found a population stability index of {feature.Statistic:0.###} above 0.1 (model '{model}' version 7)."),
    };

    private static Finding Quality(string model) => new()
    {
        Kind = FindingKind.EstimateNoLongerHolds,
        Subject = new FigureSubject(model, 7),
        Test = "cbpe-auc",
        Statistic = 0.8217,
        Threshold = 0.8466,
        ReferenceRowCount = 120_000,
        RowCount = 1_350,
        From = First.AddDays(29),
        To = First.AddDays(30),
        Message = $"Expected the AUC of model '{model}' version 7 within the estimate without labels, 0.8466 to 0.8731, but found 0.8217 (95 % interval 0.7972 to 0.8462).",
    };
}
