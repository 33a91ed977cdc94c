using System.Numerics.Tensors;
using Mlp.Runtime.Statistics.Sketches;

namespace Mlp.Runtime.Statistics.Profiles;

/// <summary>All that a profile knows of a column, while it is read. Not safe for use by several threads at once.</summary>
internal sealed class ColumnSketch
{
    /// <summary>Values that are looked at at once: they and what is computed of them fit the first-level cache.</summary>
    internal const int BlockLength = 1024;

    // Of a profile that was read, where they lie: most that read a profile look at few of its sketches.
    private readonly ReadOnlyMemory<byte> _storedValues;
    private readonly ReadOnlyMemory<byte> _storedDistinct;

    private Moments _moments = new();
    private DDSketch? _values;
    private HyperLogLog? _distinct;

    /// <summary>Creates an empty one.</summary>
    /// <param name="name">Of the column.</param>
    /// <param name="type">What it holds.</param>
    /// <param name="isCategorical">Whether its values are categories.</param>
    /// <param name="options">Of the sketches.</param>
    internal ColumnSketch(string name, ProfileColumnType type, bool isCategorical, DataProfileOptions options)
    {
        Name = name;
        Type = type;
        if (type is not (ProfileColumnType.String or ProfileColumnType.Timestamp or ProfileColumnType.Binary or ProfileColumnType.Other))
        {
            _values = options.QuantileSketch == QuantileSketchKind.DDSketch ? new DDSketch(options.RelativeAccuracy, options.MaximumBinCount) : null;
            Ranks = options.QuantileSketch == QuantileSketchKind.Kll ? new Kll(options.KllK) : null;
        }

        _distinct = type == ProfileColumnType.Other ? null : new HyperLogLog(options.DistinctPrecision);
        Items = isCategorical || type == ProfileColumnType.String ? new FrequentItems(options.FrequentItemCapacity) : null;
    }

    /// <summary>Creates one of parts that are stored.</summary>
    /// <param name="name">Of the column.</param>
    /// <param name="type">What it holds.</param>
    /// <param name="moments">Of the finite numbers.</param>
    /// <param name="values">A <see cref="DDSketch"/> that can be read, or empty for none.</param>
    /// <param name="ranks">Quantiles by rank, or null.</param>
    /// <param name="distinct">A <see cref="HyperLogLog"/> that can be read, or empty for none.</param>
    /// <param name="items">Frequent categories, or null.</param>
    internal ColumnSketch(string name, ProfileColumnType type, in Moments moments, ReadOnlyMemory<byte> values, Kll? ranks, ReadOnlyMemory<byte> distinct, FrequentItems? items)
    {
        (Name, Type, _storedValues, Ranks, _storedDistinct, Items) = (name, type, values, ranks, distinct, items);
        _moments = moments;
    }

    private ColumnSketch(ColumnSketch other)
    {
        (Name, Type, _values, Ranks, _distinct, Items) = (other.Name, other.Type, other.Values?.Clone(), other.Ranks?.Clone(), other.Distinct?.Clone(), other.Items?.Clone());
        (_moments, Rows, Nulls, NaNs, PositiveInfinities, NegativeInfinities) = (other._moments, other.Rows, other.Nulls, other.NaNs, other.PositiveInfinities, other.NegativeInfinities);
    }

    /// <summary>Name of the column.</summary>
    internal string Name { get; }

    /// <summary>What it holds.</summary>
    internal ProfileColumnType Type { get; }

    /// <summary>All rows.</summary>
    internal RowTally Rows { get; set; }

    /// <summary>Rows without a value.</summary>
    internal RowTally Nulls { get; set; }

    /// <summary>Rows of NaN, which is a value that says nothing.</summary>
    internal RowTally NaNs { get; set; }

    /// <summary>Rows of +∞.</summary>
    internal RowTally PositiveInfinities { get; set; }

    /// <summary>Rows of −∞.</summary>
    internal RowTally NegativeInfinities { get; set; }

    /// <summary>Of the finite numbers.</summary>
    internal ref readonly Moments Moments => ref _moments;

    /// <summary>Quantiles by value, or null.</summary>
    internal DDSketch? Values => _values ?? (_storedValues.IsEmpty ? null : _values = ReadValues());

    /// <summary>Whether there are <see cref="Values"/>.</summary>
    internal bool HasValues => _values is not null || !_storedValues.IsEmpty;

    /// <summary>Quantiles by rank, or null.</summary>
    internal Kll? Ranks { get; }

    /// <summary>Distinct values, or null.</summary>
    internal HyperLogLog? Distinct => _distinct ?? (_storedDistinct.IsEmpty ? null : _distinct = ReadDistinct());

    /// <summary>Whether there are <see cref="Distinct"/>.</summary>
    internal bool HasDistinct => _distinct is not null || !_storedDistinct.IsEmpty;

    /// <summary>Frequent categories, or null.</summary>
    internal FrequentItems? Items { get; }

    /// <summary>A copy.</summary>
    internal ColumnSketch Clone() => new(this);

    /// <summary>The distribution function of the finite numbers; null where there are no quantiles.</summary>
    internal EmpiricalDistribution? ToDistribution()
    {
        if (_values is not null || _storedValues.IsEmpty)
        {
            return _values?.ToDistribution() ?? Ranks?.ToDistribution();
        }

        var reader = new SketchReader(_storedValues.Span);
        return DDSketch.ReadDistribution(ref reader);
    }

    /// <summary>Adds what was seen elsewhere of the same column.</summary>
    /// <param name="other">The other; unchanged.</param>
    /// <exception cref="ArgumentException">The two do not hold the same or not in the same way.</exception>
    internal void Merge(ColumnSketch other)
    {
        if (other.Type != Type || other.HasValues != HasValues || (other.Ranks is null) != (Ranks is null) || (other.Items is null) != (Items is null))
        {
            throw new ArgumentException($"Expected column '{Name}' to be {Describe()}, but found it {other.Describe()}.", nameof(other));
        }

        try
        {
            Values?.Merge(other.Values!);
            Ranks?.Merge(other.Ranks!);
            Distinct?.Merge(other.Distinct!);
            Items?.Merge(other.Items!);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"Column '{Name}' was profiled with other settings. {e.Message}", nameof(other), e);
        }

        _moments.Merge(other._moments);
        Rows += other.Rows;
        Nulls += other.Nulls;
        NaNs += other.NaNs;
        PositiveInfinities += other.PositiveInfinities;
        NegativeInfinities += other.NegativeInfinities;
    }

    /// <summary>Adds numbers of one block, and their bits as integers where they are such.</summary>
    /// <param name="values">At most <see cref="BlockLength"/>.</param>
    /// <param name="integers">The same as integers, or empty.</param>
    /// <param name="weights">Of each, or empty where all are 1.</param>
    internal void AddNumbers(ReadOnlySpan<double> values, ReadOnlySpan<long> integers, ReadOnlySpan<double> weights)
    {
        weights = weights.ContainsAnyExcept(1.0) ? weights : [];
        if (!integers.IsEmpty)
        {
            Distinct!.Add(integers);
        }

        if (TensorPrimitives.IsFiniteAll(values))
        {
            AddFinite(values, integers.IsEmpty, weights);
            return;
        }

        Span<double> finite = stackalloc double[values.Length];
        Span<double> finiteWeights = stackalloc double[weights.Length];
        var count = 0;
        for (var i = 0; i < values.Length; i++)
        {
            var row = new RowTally(1, weights.IsEmpty ? 1 : weights[i]);
            if (double.IsFinite(values[i]))
            {
                finite[count] = values[i];
                _ = weights.IsEmpty ? 0 : finiteWeights[count] = weights[i];
                count++;
            }
            else if (double.IsNaN(values[i]))
            {
                NaNs += row;
            }
            else
            {
                Distinct!.Add([values[i]]);
                (PositiveInfinities, NegativeInfinities) = values[i] > 0 ? (PositiveInfinities + row, NegativeInfinities) : (PositiveInfinities, NegativeInfinities + row);
            }
        }

        AddFinite(finite[..count], integers.IsEmpty, weights.IsEmpty ? [] : finiteWeights[..count]);
    }

    /// <summary>Adds a category.</summary>
    /// <param name="hash">XXH3 of its text.</param>
    /// <param name="utf8">Its text.</param>
    /// <param name="weight">Of its rows.</param>
    internal void AddCategory(ulong hash, ReadOnlySpan<byte> utf8, double weight)
    {
        Distinct!.AddHash(hash);
        Items!.Add(hash, utf8, weight);
    }

    private void AddFinite(ReadOnlySpan<double> values, bool countsDistinct, ReadOnlySpan<double> weights)
    {
        if (countsDistinct)
        {
            Distinct!.Add(values);
        }

        if (weights.IsEmpty)
        {
            _moments.Add(values);
            Values?.Add(values);
            Ranks?.Add(values);
            return;
        }

        // Ranks take none: the builder refuses them.
        for (var i = 0; i < values.Length; i++)
        {
            _moments.Add(values[i], weights[i]);
            Values?.Add(values[i], weights[i]);
        }
    }

    private DDSketch ReadValues()
    {
        var reader = new SketchReader(_storedValues.Span);
        return DDSketch.Read(ref reader);
    }

    private HyperLogLog ReadDistinct()
    {
        var reader = new SketchReader(_storedDistinct.Span);
        return HyperLogLog.Read(ref reader);
    }

    private string Describe() => $"{(Items is null ? "numeric" : "categorical")} of type {Type} with {(HasValues, Ranks) switch { (true, _) => "a DDSketch", (_, { }) => "a KLL sketch", _ => "no quantiles" }}";
}
