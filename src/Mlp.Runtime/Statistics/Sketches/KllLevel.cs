namespace Mlp.Runtime.Statistics.Sketches;

/// <summary>The values of one level of a <see cref="Kll"/>: unsorted in the lowest, ascending in the others.</summary>
internal sealed class KllLevel
{
    private double[] _values;

    /// <summary>Creates an empty level.</summary>
    internal KllLevel() => _values = [];

    /// <summary>Creates a level.</summary>
    /// <param name="values">Copied.</param>
    internal KllLevel(ReadOnlySpan<double> values)
    {
        _values = values.ToArray();
        Count = values.Length;
    }

    /// <summary>How many values.</summary>
    internal int Count { get; private set; }

    /// <summary>The values.</summary>
    internal ReadOnlySpan<double> Values => _values.AsSpan(0, Count);

    /// <summary>Adds values without order.</summary>
    /// <param name="values">The values.</param>
    internal void Append(ReadOnlySpan<double> values)
    {
        Reserve(Count + values.Length);
        values.CopyTo(_values.AsSpan(Count));
        Count += values.Length;
    }

    /// <summary>Sorts.</summary>
    internal void Sort() => _values.AsSpan(0, Count).Sort();

    /// <summary>Adds ascending values to ascending values.</summary>
    /// <param name="values">Ascending.</param>
    internal void MergeSorted(ReadOnlySpan<double> values)
    {
        Reserve(Count + values.Length);
        var (own, other) = (Count - 1, values.Length - 1);
        for (var end = Count + values.Length - 1; other >= 0; end--)
        {
            _values[end] = own >= 0 && _values[own] > values[other] ? _values[own--] : values[other--];
        }

        Count += values.Length;
    }

    /// <summary>Takes every other value; of an odd number, one stays.</summary>
    /// <param name="takesOdd">Which ones.</param>
    /// <param name="keepsFirst">Which one stays of an odd number: the first, else the last.</param>
    /// <returns>Ascending; valid until the level changes.</returns>
    internal ReadOnlySpan<double> TakeHalf(bool takesOdd, bool keepsFirst)
    {
        var half = Count / 2;
        var taken = new double[half];
        var start = Count % 2 == 1 && keepsFirst ? 1 : 0;
        for (var i = 0; i < half; i++)
        {
            taken[i] = _values[start + (2 * i) + (takesOdd ? 1 : 0)];
        }

        _values[0] = start == 1 ? _values[0] : _values[Count - 1];
        Count %= 2;
        return taken;
    }

    private void Reserve(int count)
    {
        if (count > _values.Length)
        {
            Array.Resize(ref _values, Math.Max(count, _values.Length * 2));
        }
    }
}
