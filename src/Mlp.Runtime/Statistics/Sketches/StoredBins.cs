namespace Mlp.Runtime.Statistics.Sketches;

/// <summary>The bins of one sign of a <see cref="DDSketch"/> as they are stored, ascending: for each the distance to the one before, and its weight. Immutable.</summary>
internal readonly struct StoredBins
{
    private readonly int _maximumCount;

    /// <summary>Reads what stands before the bins.</summary>
    /// <param name="reader">Where from; stands at the first bin then.</param>
    /// <param name="maximumCount">How many bins at most.</param>
    internal StoredBins(ref SketchReader reader, int maximumCount)
    {
        _maximumCount = maximumCount;
        FoldedWeight = reader.ReadWeight();
        Count = reader.ReadCount(maximumCount);
    }

    /// <summary>The weight of what was folded into the least bin from below.</summary>
    internal double FoldedWeight { get; }

    /// <summary>How many bins there are.</summary>
    internal int Count { get; }

    /// <summary>Reads the bins, or passes over them.</summary>
    /// <param name="reader">Where from.</param>
    /// <param name="keys">One per bin; empty to pass over.</param>
    /// <param name="weights">As many, each above 0 afterwards.</param>
    /// <exception cref="InvalidDataException">The bins are damaged.</exception>
    internal void Read(ref SketchReader reader, Span<int> keys, Span<double> weights)
    {
        var rest = reader.Rest;
        var (at, key, first) = (0, 0L, 0L);
        for (var i = 0; i < Count; i++)
        {
            ulong gap;
            double weight;

            // Most bins take two bytes, or three: their whole numbers are read here, all others one by one.
            if (at + 2 < rest.Length && rest[at] < 0x80 && (rest[at + 1] & 1) == 0 && (rest[at + 1] < 0x80 || rest[at + 2] < 0x80))
            {
                gap = rest[at];
                weight = ((rest[at + 1] & 0x7F) | (rest[at + 1] < 0x80 ? 0 : rest[at + 2] << 7)) >> 1;
                at += rest[at + 1] < 0x80 ? 2 : 3;
            }
            else
            {
                reader.Take(at);
                (gap, weight) = (reader.ReadVarint(), reader.ReadWeight());
                rest = reader.Rest;
                at = 0;
            }

            if (gap is 0 or >= int.MaxValue / 2 || key + (long)gap >= int.MaxValue / 2)
            {
                SketchReader.Require(false, "bins of a quantile sketch ascend");
            }

            key += (long)gap;
            first = i == 0 ? key : first;
            if (key - first >= _maximumCount || weight == 0)
            {
                SketchReader.Require(false, "bins of a quantile sketch lie within their limit and hold something");
            }

            if (!keys.IsEmpty)
            {
                (keys[i], weights[i]) = ((int)key, weight);
            }
        }

        reader.Take(at);
    }
}
