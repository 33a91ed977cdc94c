using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing.Dates;

/// <summary>Learns mean and deviation of parts of dates, and which features are missing in training rows. Not thread-safe.</summary>
/// <param name="layout">The features.</param>
/// <param name="features">What is wanted; means and deviations are filled in.</param>
/// <param name="isStandardised">Whether numbers of a feature get mean 0 and deviation 1; otherwise they stay as they are.</param>
internal sealed class DatesLearner(FeatureRowLayout layout, IReadOnlyList<DateEncoding> features, IReadOnlyList<bool> isStandardised) : BlockLearner
{
    private readonly WeightedMoments[][] _moments = [.. features.Select(_ => new WeightedMoments[CalendarPart.All.Count])];
    private readonly int[] _missing = new int[features.Count];
    private int _rowCount;

    /// <inheritdoc/>
    public override void Add(FeatureTable table, int rowCount, ReadOnlySpan<double> labels, ReadOnlySpan<float> weights)
    {
        _rowCount += rowCount;
        Span<long> parts = stackalloc long[CalendarPart.All.Count];
        for (var i = 0; i < features.Count; i++)
        {
            var column = (NumberColumn<long>)table.Columns[features[i].Column];
            for (var row = 0; row < rowCount; row++)
            {
                if (!column.IsPresent(row))
                {
                    _missing[i]++;
                    continue;
                }

                CivilTime.Split(column.Values[row], features[i].UnitsPerSecond, features[i].OffsetSeconds, parts);
                for (var part = 0; part < parts.Length; part++)
                {
                    _moments[i][part] = _moments[i][part].With(parts[part]);
                }
            }
        }
    }

    /// <inheritdoc/>
    public override EncodedBlock Complete() => new DatesBlock([.. features.Select(Complete)]);

    private DateEncoding Complete(DateEncoding feature, int index)
    {
        if (_missing[index] == _rowCount)
        {
            throw NoValue(layout.Columns[feature.Column].Name, _rowCount);
        }

        WeightedMoments[] wanted = [.. CalendarPart.All.Zip(_moments[index]).Where(p => feature.Parts.HasFlag(p.First.Part)).Select(p => p.Second)];
        return feature with
        {
            Means = [.. wanted.Select(m => isStandardised[index] ? m.Mean : 0)],
            Deviations = [.. wanted.Select(m => isStandardised[index] && m.Variance > 0 ? Math.Sqrt(m.Variance) : 1)],
            HasIndicator = _missing[index] > 0,
        };
    }
}
