using Mlp.Monitoring.Figures;
using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>Turns counts into a report.</summary>
internal static class DriftComparison
{
    /// <summary>PSI above which a distribution has moved.</summary>
    public const double ModerateThreshold = 0.1;

    /// <summary>How many times the threshold a distance must be to have moved much.</summary>
    public const double MajorFactor = 2.5;

    /// <summary>The share that must have left a constant reference for it to have moved much.</summary>
    public const double MajorLeftShare = 0.1;

    /// <summary>Compares a window with its reference.</summary>
    /// <param name="about">Model, version, time.</param>
    /// <param name="rowCounts">Rows of both sides.</param>
    /// <param name="compared">The features.</param>
    /// <param name="notCompared">Names of those that could not be.</param>
    /// <param name="rules">What counts as drift.</param>
    /// <param name="vector">The tests of the whole vector.</param>
    public static DriftReport Compare(
        DriftSubject about, (long Reference, long Current) rowCounts, IEnumerable<ComparedFeature> compared, IReadOnlyList<string> notCompared, DriftRules rules, IReadOnlyList<VectorDrift>? vector = null)
    {
        var comparisons = compared.Select(c => FeatureComparison.Of(c, rules)).ToList();
        vector ??= [];
        var adjusted = Correct(comparisons, vector, rules.Correction);

        var features = new List<FeatureDrift>(comparisons.Count);
        var findings = new List<(double Rank, Finding Finding)>();
        var next = 0;
        var quantiles = new Dictionary<int, double>();
        foreach (var comparison in comparisons)
        {
            var feature = Judge(about, comparison, adjusted[next++], bins => NullQuantile(quantiles, bins, rules.Significance / comparisons.Count), rules);
            features.Add(feature);
            if (feature.Severity >= DriftSeverity.Moderate)
            {
                findings.Add((RankOf(feature), DriftSentences.Drift(about, feature)));
            }

            foreach (var check in comparison.Checks)
            {
                var corrected = adjusted[next++];
                if (check.IsBeyond && corrected <= rules.Significance)
                {
                    findings.Add((check.Statistic, DriftSentences.Quality(about, feature, check, corrected)));
                }
            }
        }

        vector = [.. vector.Select(v => adjusted[next++] is var p && double.IsNaN(p) ? v : v with { AdjustedPValue = p, IsDrifted = v.IsBeyond && p <= rules.Significance })];
        findings.AddRange(vector.Where(v => v.IsDrifted).Select(v => (double.PositiveInfinity, DriftSentences.Vector(about, v))));
        return new DriftReport
        {
            Model = about.Model,
            Version = about.Version,
            From = about.From,
            To = about.To,
            ReferenceRowCount = rowCounts.Reference,
            RowCount = rowCounts.Current,
            Features = [.. features.OrderByDescending(f => f.Severity >= DriftSeverity.Moderate).ThenByDescending(RankOf).ThenBy(f => f.Name, StringComparer.Ordinal)],
            NotCompared = notCompared,
            Findings = [.. findings.OrderBy(f => f.Finding.Kind).ThenByDescending(f => f.Rank).Select(f => f.Finding)],
            Vector = vector,
            Notes = [.. features.Where(f => f.RowCount >= rules.MinimumRowCount).Select(f => f.Problem).OfType<string>()],
        };
    }

    /// <summary>The report of a window without predictions.</summary>
    public static DriftReport Nothing(DriftSubject about, long referenceRowCount) => new()
    {
        Model = about.Model,
        Version = about.Version,
        From = about.From,
        To = about.To,
        ReferenceRowCount = referenceRowCount,
        RowCount = 0,
        Features = [],
        NotCompared = [],
        Problem = $"Expected answered predictions of model '{about.Model}' version {about.Version} to compare, but found none in the window.",
    };

    // One family of tests for the whole report: the order is that in which they are taken out again.
    private static double[] Correct(List<FeatureComparison> comparisons, IReadOnlyList<VectorDrift> vector, MultipleTesting correction)
    {
        double[] p = [.. comparisons.SelectMany(c => c.Checks.Select(check => check.PValue).Prepend(c.PValue)), .. vector.Select(v => v.PValue ?? double.NaN)];
        return correction switch
        {
            MultipleTesting.BenjaminiHochberg => PValueCorrection.BenjaminiHochberg(p),
            MultipleTesting.Bonferroni => PValueCorrection.Bonferroni(p),
            _ => p,
        };
    }

    private static double RankOf(FeatureDrift feature)
        => double.IsNaN(feature.Statistic) ? double.NegativeInfinity : feature.IsConstantReference ? feature.Statistic * 1e3 : feature.Statistic / feature.Threshold;

    // Many features have as many bins, and the quantile takes longer than all else: (1/n + 1/m) times this is what chance exceeds.
    private static double NullQuantile(Dictionary<int, double> known, int binsInUse, double significance)
    {
        if (!known.TryGetValue(binsInUse, out var quantile))
        {
            known[binsInUse] = quantile = DriftStatistics.PopulationStabilityIndexNullThreshold(2, 2, binsInUse, significance);
        }

        return quantile;
    }

    private static FeatureDrift Judge(DriftSubject about, FeatureComparison comparison, double adjusted, Func<int, double> nullQuantile, DriftRules rules)
    {
        var histogram = comparison.Window.Histogram;
        var profile = histogram.Profile;
        var reference = profile.BinCounts.AsSpan();
        var weights = histogram.GetWeights();
        var weight = weights.Sum();
        var extent = comparison.Window.Extent;
        var judged = new FeatureDrift
        {
            Name = profile.Name,
            IsScore = comparison.IsScore,
            PopulationStabilityIndex = DriftStatistics.WeightedPopulationStabilityIndex(reference, weights),
            NullThreshold = profile.RowCount == 0 || histogram.RowCount == 0 ? double.NaN : ((1.0 / profile.RowCount) + (1.0 / histogram.EffectiveRowCount)) * nullQuantile(DriftStatistics.CountBinsInUse(reference, histogram.Counts)),
            JensenShannonDistance = DriftStatistics.WeightedJensenShannonDistance(reference, weights),
            Method = comparison.Method,
            Statistic = comparison.Statistic,
            Threshold = comparison.Threshold,
            PValue = comparison.PValue,
            AdjustedPValue = adjusted,
            IsOverBins = comparison.IsOverBins,
            IsConstantReference = comparison.IsConstantReference,
            IsConstant = QualityChecks.IsConstant(comparison.Window),
            Severity = SeverityOf(comparison, adjusted, rules.Significance),
            ReferenceRowCount = profile.RowCount,
            RowCount = histogram.RowCount,
            ReferenceMissingShare = profile.MissingCount / (double)profile.RowCount,
            MissingShare = weights[^1] / weight,
            UnseenShare = profile is CategoricalFeatureProfile ? weights[^2] / weight : 0,
            OutOfRangeShare = extent is null ? 0 : (extent.Below + extent.Above) / weight,
            Histogram = DriftHistogram.Of(profile, weights),
        };
        return judged.Severity == DriftSeverity.Undetermined ? judged with { Problem = DriftSentences.Undetermined(about, judged, comparison.IsUndetermined ? null : comparison.Doubt, rules.MinimumRowCount) } : judged;
    }

    private static DriftSeverity SeverityOf(FeatureComparison comparison, double adjusted, double significance)
    {
        if (comparison.IsUndetermined)
        {
            return DriftSeverity.Undetermined;
        }

        if (comparison.IsConstantReference)
        {
            return comparison.Statistic == 0 ? DriftSeverity.None : comparison.Statistic > MajorLeftShare ? DriftSeverity.Major : DriftSeverity.Moderate;
        }

        if (!(comparison.Statistic > comparison.Threshold && adjusted <= significance))
        {
            return comparison.Doubt is null ? DriftSeverity.None : DriftSeverity.Undetermined;
        }

        return comparison.Statistic > MajorFactor * comparison.Threshold ? DriftSeverity.Major : DriftSeverity.Moderate;
    }
}
