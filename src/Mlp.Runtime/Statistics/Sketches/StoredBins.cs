namespace Mlp.Runtime.Statistics.Sketches;

/// <summary>Walks through the bins of one sign of a <see cref="DDSketch"/> where they are stored, ascending, without room for them.</summary>
internal struct StoredBins
{
    private readonly int _maximumCount;
    private int _left;
    private long _first;
    private long _key;

    /// <summary>Reads what stands before the bins.</summary>
    /// <param name="reader">Where from; stands at the first bin then.</param>
    /// <param name="maximumCount">How many bins at most.</param>
    internal StoredBins(ref SketchReader reader, int maximumCount)
    {
        _maximumCount = maximumCount;
        FoldedWeight = reader.ReadWeight();
        Count = reader.ReadCount(maximumCount);
        _left = Count;
    }

    /// <summary>The weight of what was folded into the least bin from below.</summary>
    internal double FoldedWeight { get; }

    /// <summary>How many bins there are.</summary>
    internal int Count { get; }

    /// <summary>The bin.</summary>
    internal readonly int Key => (int)_key;

    /// <summary>Its place among neighbouring bins of which the first one that is stored has place 0.</summary>
    internal readonly int Place => (int)(_key - _first);

    /// <summary>Its weight, above 0.</summary>
    internal double Weight { get; private set; }

    /// <summary>Goes on to the next bin.</summary>
    /// <param name="reader">Where from.</param>
    /// <returns>False behind the last one.</returns>
    /// <exception cref="InvalidDataException">The bins are damaged.</exception>
    internal bool MoveNext(ref SketchReader reader)
    {
        if (_left == 0)
        {
            return false;
        }

        var gap = reader.ReadVarint();
        if (gap is 0 or >= int.MaxValue / 2 || _key + (long)gap >= int.MaxValue / 2)
        {
            SketchReader.Require(false, "bins of a quantile sketch ascend");
        }

        _key += (long)gap;
        _first = _left == Count ? _key : _first;
        if (_key - _first >= _maximumCount)
        {
            SketchReader.Require(false, "bins of a quantile sketch lie within their limit");
        }

        Weight = reader.ReadWeight();
        if (Weight == 0)
        {
            SketchReader.Require(false, "bins of a quantile sketch hold something");
        }

        _left--;
        return true;
    }
}
