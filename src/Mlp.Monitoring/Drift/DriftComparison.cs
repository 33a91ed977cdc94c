using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>Turns counts into a report.</summary>
internal static class DriftComparison
{
    /// <summary>PSI above which a distribution has moved.</summary>
    public const double ModerateThreshold = 0.1;

    /// <summary>PSI above which it has moved much.</summary>
    public const double MajorThreshold = 0.25;

    /// <summary>Compares a window with its reference.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">Model version.</param>
    /// <param name="window">The counts.</param>
    /// <param name="columns">Which features were counted.</param>
    /// <param name="configuration">Significance and smallest number of rows.</param>
    public static DriftReport Compare(string model, int version, DriftWindow window, DriftBatchReader columns, DriftConfiguration configuration)
    {
        var compared = columns.Compared.Select(i => (Histogram: window.Features[i], IsScore: false)).ToList();
        if (window.Score is not null)
        {
            compared.Add((window.Score, true));
        }

        var significance = configuration.Significance / Math.Max(compared.Count, 1);
        var features = compared
            .Select(c => Compare(c.Histogram, c.IsScore, significance, configuration.MinimumRowCount))
            .OrderByDescending(f => double.IsNaN(f.PopulationStabilityIndex) ? double.NegativeInfinity : f.PopulationStabilityIndex)
            .ThenBy(f => f.Name, StringComparer.Ordinal);
        return new DriftReport
        {
            Model = model,
            Version = version,
            ReferenceRowCount = window.Profile.RowCount,
            RowCount = window.RowCount,
            Features = [.. features],
            NotCompared = columns.NotCompared,
        };
    }

    private static FeatureDrift Compare(FeatureHistogram histogram, bool isScore, double significance, long minimumRowCount)
    {
        var profile = histogram.Profile;
        var reference = profile.BinCounts.AsSpan();
        var current = histogram.Counts;
        var rows = histogram.RowCount;
        var weights = histogram.GetWeights();
        var weight = weights.Sum();
        var psi = DriftStatistics.WeightedPopulationStabilityIndex(reference, weights);
        var threshold = DriftStatistics.PopulationStabilityIndexNullThreshold(
            profile.RowCount, histogram.EffectiveRowCount, DriftStatistics.CountBinsInUse(reference, current), significance);
        return new FeatureDrift
        {
            Name = profile.Name,
            IsScore = isScore,
            PopulationStabilityIndex = psi,
            NullThreshold = threshold,
            JensenShannonDistance = DriftStatistics.WeightedJensenShannonDistance(reference, weights),
            Severity = rows < minimumRowCount ? DriftSeverity.Undetermined : Judge(psi, threshold),
            RowCount = rows,
            ReferenceMissingShare = profile.MissingCount / (double)profile.RowCount,
            MissingShare = weights[^1] / weight,
            Histogram = DriftHistogram.Of(profile, weights),
            UnseenShare = profile is CategoricalFeatureProfile ? weights[^2] / weight : 0,
        };
    }

    private static DriftSeverity Judge(double psi, double nullThreshold)
    {
        if (double.IsNaN(psi))
        {
            return DriftSeverity.Undetermined;
        }

        if (psi <= ModerateThreshold || psi <= nullThreshold)
        {
            return DriftSeverity.None;
        }

        return psi > MajorThreshold ? DriftSeverity.Major : DriftSeverity.Moderate;
    }
}
