using Mlp.Monitoring.Figures;

namespace Mlp.Monitoring.Drift;

/// <summary>Says what was found, with the numbers and no value of any row.</summary>
internal static class DriftSentences
{
    /// <summary>The name of a method in figures and findings.</summary>
    public static string NameOf(DriftMethod method) => method switch
    {
        DriftMethod.PopulationStabilityIndex => "population-stability-index",
        DriftMethod.JensenShannon => "jensen-shannon-base-2",
        DriftMethod.Hellinger => "hellinger",
        DriftMethod.TotalVariation => "total-variation",
        DriftMethod.LInfinity => "l-infinity",
        DriftMethod.ChiSquare => "cramers-v",
        DriftMethod.KolmogorovSmirnov => "kolmogorov-smirnov",
        DriftMethod.Wasserstein => "wasserstein-normed",
        _ => "energy-normed",
    };

    /// <summary>A feature, the score or the predicted class has moved.</summary>
    public static Finding Drift(DriftSubject about, FeatureDrift feature)
    {
        var test = feature.IsConstantReference ? "left-constant" : NameOf(feature.Method);
        var what = feature.IsConstantReference
            ? Text($"Expected {Subject(about, feature)} to keep the one value that it has in its reference, but found another one in {feature.Statistic:0.##%} of the values ({Rows(feature)}).")
            : Text($"Expected {Subject(about, feature)} to be distributed as in its reference, but found {test} {feature.Statistic:0.###} above {feature.Threshold:0.###} ({P(feature.AdjustedPValue)} after correction; {Rows(feature)}).");
        return Create(about, feature, FindingKind.Drift, test, feature.Statistic, feature.Threshold, what) with
        {
            PValue = Known(feature.PValue),
            AdjustedPValue = Known(feature.AdjustedPValue),
        };
    }

    /// <summary>Why there is no verdict.</summary>
    public static string Undetermined(DriftSubject about, FeatureDrift feature, string? doubt, long minimumRowCount)
        => doubt is not null
            ? Text($"Expected sketches that can say whether {Subject(about, feature)} has drifted, but found {doubt}: keep quantiles by rank (KLL).")
            : feature.RowCount < minimumRowCount ? Text($"Expected at least {minimumRowCount:#,0} rows of {Subject(about, feature)} to compare, but found {feature.RowCount:#,0}.")
            : Text($"Expected finite values of {Subject(about, feature)} on both sides to compare, but found none on one of them.");

    /// <summary>Values that a sketch does not tell apart.</summary>
    public static string Blind(double share) => Text($"{share:0.#%} of the reference's values in one step of its sketch");

    /// <summary>A distance within the error of the sketches.</summary>
    public static string Blurred(double statistic, double threshold) => Text($"a distance of {statistic:0.###} above {threshold:0.###} that their errors may explain");

    /// <summary>The data of a feature is worse.</summary>
    public static Finding Quality(DriftSubject about, FeatureDrift feature, QualityCheck check, double adjusted)
    {
        var expected = check.Test switch
        {
            "missing-share" => Text($"to have at most {check.Threshold:0.##%} missing values, but found {check.Statistic:0.##%}"),
            "new-categories" => Text($"to have new categories in at most {check.Threshold:0.##%} of its rows, but found them in {check.Statistic:0.##%}"),
            "out-of-range" => Text($"to lie outside the range of its reference in at most {check.Threshold:0.##%} of its rows, but found {check.Statistic:0.##%}"),
            _ => "to have several values as in its reference, but found one and the same in every row",
        };
        var message = Text($"Expected {Subject(about, feature)} {expected} ({P(adjusted)} after correction; {Rows(feature)}).");
        return Create(about, feature, FindingKind.DataQuality, check.Test, check.Statistic, check.Threshold, message) with { PValue = check.PValue, AdjustedPValue = adjusted };
    }

    /// <summary>The whole vector has moved.</summary>
    public static Finding Vector(DriftSubject about, VectorDrift vector)
    {
        var found = vector.LowerThreshold is { } lower
            ? Text($"but found an error of reconstruction of {vector.Statistic:0.###} outside {lower:0.###} to {vector.Threshold:0.###}")
            : Text($"but a classifier tells them apart with AUC {vector.Statistic:0.###} above {vector.Threshold:0.###}");
        return new()
        {
            Kind = FindingKind.MultivariateDrift,
            Subject = new(about.Model, about.Version),
            Test = vector.Test,
            Statistic = vector.Statistic,
            Threshold = vector.Threshold,
            PValue = vector.PValue,
            AdjustedPValue = vector.AdjustedPValue,
            ReferenceRowCount = vector.ReferenceRowCount,
            RowCount = vector.RowCount,
            From = about.From,
            To = about.To,
            Message = Text($"Expected the rows of model '{about.Model}' version {about.Version} to look as in their reference, {found} ({P(vector.AdjustedPValue)} after correction; {vector.RowCount:#,0} rows against {vector.ReferenceRowCount:#,0})."),
        };
    }

    private static Finding Create(DriftSubject about, FeatureDrift feature, FindingKind kind, string test, double statistic, double threshold, string message) => new()
    {
        Kind = kind,
        Subject = new(about.Model, about.Version, Feature: feature.Name),
        Test = test,
        Statistic = statistic,
        Threshold = threshold,
        ReferenceRowCount = feature.ReferenceRowCount,
        RowCount = feature.RowCount,
        From = about.From,
        To = about.To,
        Message = message,
    };

    private static double? Known(double p) => double.IsNaN(p) ? null : p;

    // A chance that no number can hold is still not none.
    private static string P(double? p) => p < 1e-300 ? "p < 1E-300" : Text($"p = {p:0.##E+0}");

    private static string Subject(DriftSubject about, FeatureDrift feature)
        => Text($"{(feature.IsScore ? "score" : "feature")} '{feature.Name}' of model '{about.Model}' version {about.Version}");

    private static string Rows(FeatureDrift feature) => Text($"{feature.RowCount:#,0} rows against {feature.ReferenceRowCount:#,0}");

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
