using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Profiles;

namespace Mlp.Monitoring.Drift;

/// <summary>
/// Compares stored profiles, without a row of either side: yesterday with last month, one shard with another, the live stream with the training set. Bins come from the reference: deciles of its sketch, or
/// its frequent categories. Pure functions.
/// </summary>
public static class ProfileComparison
{
    private const double DefaultSignificance = 0.01;
    private const long DefaultMinimumRowCount = 100;

    /// <summary>Compares two data profiles.</summary>
    /// <param name="reference">What is expected.</param>
    /// <param name="current">What came.</param>
    /// <param name="options">What counts as drift; null for the defaults, at a significance of 0.01.</param>
    /// <param name="model">Name for the report.</param>
    /// <param name="version">Version for the report.</param>
    /// <exception cref="ArgumentException">The reference has no rows, or the two have no column in common.</exception>
    public static DriftReport Compare(DataProfile reference, DataProfile current, DriftOptions? options = null, string model = "data", int version = 1)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(current);
        if (reference.RowCount == 0)
        {
            throw new ArgumentException("Expected a reference with rows, but found a profile of none.", nameof(reference));
        }

        var rules = new DriftRules(options ?? new(), DefaultSignificance, DefaultMinimumRowCount);
        var columns = reference.Columns.Select(c => (BinsOf(c), c.Name, (ColumnProfile?)c));
        var score = reference.Score is { } s && BinsOf(s) is { } bins ? (bins, s) : ((FeatureProfile, ColumnProfile?)?)null;
        return Compare([.. columns], score, reference.RowCount, current, rules, model, version);

        FeatureProfile? BinsOf(ColumnProfile column) => ProfileBins.Of(column, reference.EffectiveRowCount, rules.BinningOf(column.Name));
    }

    /// <summary>
    /// Compares a data profile with the reference profile that was published with a model version. Numbers are binned by the sketches of the reference: a sketch of the one side and the edges of the other would put
    /// frequent values beside their bin. Those of a reference from before it had sketches are not compared.
    /// </summary>
    /// <param name="reference">The reference.</param>
    /// <param name="current">What came.</param>
    /// <param name="options">What counts as drift; null for the defaults, at a significance of 0.01.</param>
    /// <param name="model">Name for the report.</param>
    /// <param name="version">Version for the report.</param>
    /// <exception cref="ArgumentException">The reference has no rows, or the two have no column in common.</exception>
    public static DriftReport Compare(ReferenceProfile reference, DataProfile current, DriftOptions? options = null, string model = "data", int version = 1)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(current);
        if (reference.RowCount == 0)
        {
            throw new ArgumentException("Expected a reference with rows, but found a profile of none.", nameof(reference));
        }

        var rules = new DriftRules(options ?? new(), DefaultSignificance, DefaultMinimumRowCount);
        var columns = reference.Features.Select(f => (BinsOf(f), f.Name, f.Sketches));
        var score = reference.Score?.Distribution is { } s && BinsOf(s) is { } bins
            ? (bins, s.Sketches)
            : ((FeatureProfile, ColumnProfile?)?)null;
        return Compare([.. columns], score, reference.RowCount, current, rules, model, version);

        FeatureProfile? BinsOf(FeatureProfile feature) => feature is CategoricalFeatureProfile or NumericFeatureProfile { IsConstant: true } ? feature
            : feature.Sketches is { } column ? ProfileBins.Of(column, reference.RowCount, rules.BinningOf(feature.Name)) : null;
    }

    private static DriftReport Compare(
        (FeatureProfile? Profile, string Name, ColumnProfile? Sketches)[] columns,
        (FeatureProfile Profile, ColumnProfile? Sketches)? score,
        long referenceRowCount,
        DataProfile current,
        DriftRules rules,
        string model,
        int version)
    {
        if (current.RowCount == 0)
        {
            return DriftComparison.Nothing(new(model, version, current.From, current.To), referenceRowCount);
        }

        var compared = new List<ComparedFeature>(columns.Length + 1);
        var known = columns.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        var notCompared = current.Columns.Select(c => c.Name).Where(name => !known.Contains(name) && !rules.IsIgnored(name)).ToList();
        foreach (var (profile, name, sketches) in columns.Where(c => !rules.IsIgnored(c.Name)))
        {
            if (profile is not null && current.Find(name) is { } column && ProfileBins.Count(profile, column, current.EffectiveRowCount, sketches) is { } window)
            {
                compared.Add(Compared(window, false, sketches, rules));
            }
            else
            {
                notCompared.Add(name);
            }
        }

        if (score is { } pair && current.Score is { } scores && ProfileBins.Count(pair.Profile, scores, current.EffectiveRowCount, pair.Sketches) is { } scored)
        {
            compared.Add(Compared(scored, true, pair.Sketches, rules));
        }

        if (compared.Count == 0 && columns.Length > 0)
        {
            throw new ArgumentException(
                $"Expected a reference with the columns of the profile that it is compared with ({Names(current.Columns.Select(c => c.Name))}), but found it to have {Names(columns.Select(c => c.Name))}.", nameof(current));
        }

        return DriftComparison.Compare(new(model, version, current.From, current.To), (referenceRowCount, current.RowCount), compared, notCompared, rules);
    }

    private static ComparedFeature Compared(FeatureWindow window, bool isScore, ColumnProfile? reference, DriftRules rules)
    {
        var profile = window.Histogram.Profile;
        var needsNumbers = profile is NumericFeatureProfile && DriftRules.NeedsNumbers(rules.Of(profile.Name, false).Method);
        return new(window, isScore, needsNumbers ? reference?.ToDistribution() : null, BlindShare: profile is NumericFeatureProfile && reference is not null ? reference.BlindShare : 0);
    }

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Take(10).Select(n => $"'{n}'")) is { Length: > 0 } text ? text : "none";
}
