using Mlp.Runtime.Statistics;

namespace Mlp.Monitoring.Drift;

/// <summary>
/// Turns sampled rows into numbers of one scale: numbers by the reference's mean and standard deviation, missing ones as the mean; categories by their share in the reference, as NannyML encodes them (what the
/// reference never had is 0). Features that are constant in the reference are left out: their own rule watches them. Immutable.
/// </summary>
internal sealed class VectorEncoding
{
    private const double Farthest = 10;

    private readonly List<(int Column, FeatureProfile Profile, double Mean, double Spread)> _columns = [];

    /// <summary>Learns the scale.</summary>
    /// <param name="reference">Rows of the reference, a column per feature of the profile: numbers, and of categories their bins.</param>
    /// <param name="profile">The reference.</param>
    /// <param name="columns">Positions of the features that are compared.</param>
    public VectorEncoding(RowSample reference, ReferenceProfile profile, IEnumerable<int> columns)
    {
        var rows = reference.Rows;
        foreach (var column in columns)
        {
            var feature = profile.Features[column];
            double[] values = [.. rows.Select(r => Raw(feature, r[column])).Where(double.IsFinite).Order()];
            var summary = NumericSummary.Of(values);
            if (summary.StandardDeviation > 0)
            {
                _columns.Add((column, feature, summary.Mean, summary.StandardDeviation));
            }
        }
    }

    /// <summary>Columns of <see cref="Encode"/>.</summary>
    public int ColumnCount => _columns.Count;

    /// <summary>Standardised columns, row-major; what lies beyond ten standard deviations counts as ten, so that one odd value does not make the whole.</summary>
    public double[] Encode(RowSample sample)
    {
        var encoded = new List<double>(sample.RowCount * ColumnCount);
        foreach (var row in sample.Rows)
        {
            foreach (var (column, profile, mean, spread) in _columns)
            {
                var value = Raw(profile, row[column]);
                encoded.Add(double.IsNaN(value) ? 0 : Math.Clamp((value - mean) / spread, -Farthest, Farthest));
            }
        }

        return [.. encoded];
    }

    /// <summary>Beside each column its square less 1, in which a change of variance shows as one of the mean.</summary>
    public static double[] WithSquares(double[] encoded, int columnCount)
    {
        var wide = new double[encoded.Length * 2];
        for (var i = 0; i < encoded.Length; i++)
        {
            var at = (i / columnCount * 2 * columnCount) + (i % columnCount);
            wide[at] = encoded[i];
            wide[at + columnCount] = (encoded[i] * encoded[i]) - 1;
        }

        return wide;
    }

    private static double Raw(FeatureProfile profile, double value)
        => profile is CategoricalFeatureProfile && !double.IsNaN(value) ? profile.BinCounts[(int)value] / (double)profile.RowCount : value;
}
