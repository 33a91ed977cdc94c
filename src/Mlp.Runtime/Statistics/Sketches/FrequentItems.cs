using System.Collections.Immutable;
using System.IO.Hashing;
using System.Text;

namespace Mlp.Runtime.Statistics.Sketches;

/// <summary>The most frequent texts among any number of them, from a bounded number of counters. Not safe for use by several threads at once.</summary>
/// <remarks>
/// Misra and Gries, "Finding repeated elements" (1982), in the form of DataSketches: where a new item finds all k counters taken, the median of the counters is taken off each, and those at 0 or below are free again. A counter is then a lower bound of the weight of its item, and
/// <see cref="MaximumError"/> above it an upper one; every item above that is listed. As each time at least half the counters lose the median, it is at most 2 W / k of the weight W, and 0 up to k distinct items. Merged by adding counters and taking off the (k + 1)th largest
/// (Agarwal et al., "Mergeable summaries", 2012), which keeps the bound; beyond k distinct items a merged sketch is not that of all values. Items are told apart by 64 bits of XXH3. Of a long item the first <see cref="MaximumNameBytes"/> bytes of UTF-8 are kept for display.
/// </remarks>
internal sealed class FrequentItems
{
    /// <summary>k unless told otherwise: 0.75 of 1,024.</summary>
    internal const int DefaultCapacity = 768;

    /// <summary>Bytes of UTF-8 of an item that are kept for display.</summary>
    internal const int MaximumNameBytes = 128;

    private readonly Dictionary<ulong, Counter> _counters = [];

    /// <summary>Creates an empty sketch.</summary>
    /// <param name="capacity">k, 2 to 65,536.</param>
    /// <exception cref="ArgumentOutOfRangeException">k is outside its range.</exception>
    internal FrequentItems(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, 65_536);
        Capacity = capacity;
    }

    /// <summary>k.</summary>
    internal int Capacity { get; }

    /// <summary>The weight of all items.</summary>
    internal double Weight { get; private set; }

    /// <summary>By how much the weight of an item may be above its counter; an item that is not listed has at most this weight.</summary>
    internal double MaximumError { get; private set; }

    /// <summary>A copy.</summary>
    internal FrequentItems Clone()
    {
        var clone = new FrequentItems(Capacity);
        clone.Merge(this);
        return clone;
    }

    /// <summary>The sketch of items that were counted one by one; it does not depend on their order.</summary>
    /// <param name="counts">Items and their weights.</param>
    /// <param name="capacity">k.</param>
    internal static FrequentItems Of(IEnumerable<KeyValuePair<string, long>> counts, int capacity)
    {
        var sketch = new FrequentItems(capacity);
        foreach (var (item, count) in counts)
        {
            var utf8 = Encoding.UTF8.GetBytes(item);
            sketch._counters[XxHash3.HashToUInt64(utf8)] = new(NameOf(utf8), count);
            sketch.Weight += count;
        }

        sketch.Reduce();
        return sketch;
    }

    /// <summary>Adds an item.</summary>
    /// <param name="utf8">Its text.</param>
    /// <param name="weight">How many it stands for, finite and above 0.</param>
    internal void Add(ReadOnlySpan<byte> utf8, double weight = 1) => Add(XxHash3.HashToUInt64(utf8), utf8, weight);

    /// <summary>Adds an item whose hash is known.</summary>
    /// <param name="hash">XXH3 of its text.</param>
    /// <param name="utf8">Its text.</param>
    /// <param name="weight">How many it stands for, finite and above 0.</param>
    internal void Add(ulong hash, ReadOnlySpan<byte> utf8, double weight = 1)
    {
        Weight += weight;
        if (_counters.TryGetValue(hash, out var counter))
        {
            counter.Weight += weight;
            return;
        }

        // The new item takes its part in what is taken off.
        var taken = _counters.Count == Capacity ? TakeOff(MedianOf(_counters.Values)) : 0;
        if (weight > taken)
        {
            _counters.Add(hash, new(NameOf(utf8), weight - taken));
        }
    }

    /// <summary>The items by falling counter, equal ones by ordinal name.</summary>
    internal ImmutableArray<(string Name, double Weight)> Items()
        => [.. _counters.Values.OrderByDescending(c => c.Weight).ThenBy(c => c.Name, StringComparer.Ordinal).Select(c => (c.Name, c.Weight))];

    /// <summary>A lower bound of an item's weight; 0 where it is not listed.</summary>
    /// <param name="utf8">Its text.</param>
    internal double LowerBound(ReadOnlySpan<byte> utf8) => _counters.TryGetValue(XxHash3.HashToUInt64(utf8), out var counter) ? counter.Weight : 0;

    /// <summary>Adds what another sketch has seen.</summary>
    /// <param name="other">The other; unchanged.</param>
    /// <exception cref="ArgumentException">It has another number of counters.</exception>
    internal void Merge(FrequentItems other)
    {
        if (other.Capacity != Capacity)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected frequent items of {Capacity} counters, but found some of {other.Capacity}."), nameof(other));
        }

        foreach (var (hash, counter) in other._counters)
        {
            if (_counters.TryGetValue(hash, out var own))
            {
                own.Weight += counter.Weight;
            }
            else
            {
                _counters.Add(hash, new(counter.Name, counter.Weight));
            }
        }

        Weight += other.Weight;
        MaximumError += other.MaximumError;
        Reduce();
    }

    /// <summary>Writes the sketch (format version 1).</summary>
    /// <param name="writer">Where to.</param>
    internal void Write(SketchWriter writer)
    {
        writer.WriteHeader(SketchFormat.FrequentItems);
        writer.WriteVarint((ulong)Capacity);
        writer.WriteWeight(Weight);
        writer.WriteWeight(MaximumError);
        writer.WriteVarint((ulong)_counters.Count);
        foreach (var (hash, counter) in _counters.OrderByDescending(c => c.Value.Weight).ThenBy(c => c.Key))
        {
            writer.WriteUInt64(hash);
            writer.WriteWeight(counter.Weight);
            writer.WriteText(counter.Name);
        }
    }

    /// <summary>Reads a sketch.</summary>
    /// <param name="reader">Where from.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    internal static FrequentItems Read(ref SketchReader reader)
    {
        reader.ReadHeader(SketchFormat.FrequentItems);
        var capacity = reader.ReadCount(65_536);
        SketchReader.Require(capacity >= 2, "frequent items have at least 2 counters");
        var sketch = new FrequentItems(capacity) { Weight = reader.ReadWeight(), MaximumError = reader.ReadWeight() };
        for (var count = reader.ReadCount(capacity); count > 0; count--)
        {
            var hash = reader.ReadUInt64();
            var weight = reader.ReadWeight();
            SketchReader.Require(sketch._counters.TryAdd(hash, new(reader.ReadText(), weight)), "frequent items are distinct");
        }

        return sketch;
    }

    private static double MedianOf(IEnumerable<Counter> counters)
    {
        var weights = counters.Select(c => c.Weight).ToArray();
        Array.Sort(weights);
        return weights[(weights.Length - 1) / 2];
    }

    private static string NameOf(ReadOnlySpan<byte> utf8)
    {
        var length = utf8.Length;
        if (length > MaximumNameBytes)
        {
            length = MaximumNameBytes;

            // Not in the middle of a character: its further bytes begin with the bits 10.
            while (length > 0 && (utf8[length] & 0xC0) == 0x80)
            {
                length--;
            }
        }

        return Encoding.UTF8.GetString(utf8[..length]);
    }

    private void Reduce()
    {
        if (_counters.Count > Capacity)
        {
            TakeOff(_counters.Values.Select(c => c.Weight).OrderDescending().ElementAt(Capacity));
        }
    }

    private double TakeOff(double weight)
    {
        MaximumError += weight;
        foreach (var (hash, counter) in _counters)
        {
            counter.Weight -= weight;
            if (counter.Weight <= 0)
            {
                _counters.Remove(hash);
            }
        }

        return weight;
    }

    private sealed class Counter(string name, double weight)
    {
        internal string Name { get; } = name;

        internal double Weight { get; set; } = weight;
    }
}
