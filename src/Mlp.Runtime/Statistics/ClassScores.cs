using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Mlp.Runtime.Statistics;

/// <summary>
/// The scores of the positive rows and of the negative rows, each in ascending order: the form from which every binary metric is one linear
/// pass, and in which the order of the rows has left no trace.
/// </summary>
/// <remarks>Memory comes from the shared pool and goes back on <see cref="Dispose"/>. Cost: O(n).</remarks>
internal readonly ref struct ClassScores
{
    private readonly double[] _rented;
    private readonly int _positiveCount;
    private readonly int _rowCount;

    private ClassScores(double[] rented, int positiveCount, int rowCount)
    {
        _rented = rented;
        _positiveCount = positiveCount;
        _rowCount = rowCount;
    }

    /// <summary>Scores of the rows whose label is 1, ascending.</summary>
    internal Span<double> Positives => _rented.AsSpan(0, _positiveCount);

    /// <summary>Scores of the rows whose label is 0, ascending.</summary>
    internal Span<double> Negatives => _rented.AsSpan(_positiveCount, _rowCount - _positiveCount);

    /// <summary>Splits by label and sorts.</summary>
    /// <typeparam name="T">float or double; float is widened, which is exact.</typeparam>
    /// <param name="scores">Shape (rows). NaN is refused, infinities are not.</param>
    /// <param name="labels">Shape (rows), 0 or 1.</param>
    /// <exception cref="ArgumentException">No rows, lengths that differ, a NaN score, or a label other than 0 and 1.</exception>
    internal static ClassScores Create<T>(ReadOnlySpan<T> scores, ReadOnlySpan<byte> labels)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ThrowIfNotUsable(scores, labels);
        var rented = ArrayPool<double>.Shared.Rent(scores.Length);
        var positive = 0;
        var negative = scores.Length - 1;
        for (var i = 0; i < scores.Length; i++)
        {
            // Writing to both ends and moving one of them avoids a branch that no predictor can learn; the slots between the ends are free.
            var score = double.CreateTruncating(scores[i]);
            rented[positive] = score;
            rented[negative] = score;
            positive += labels[i];
            negative -= 1 - labels[i];
        }

        var split = new ClassScores(rented, positive, scores.Length);
        RadixSort.Sort(split.Positives);
        RadixSort.Sort(split.Negatives);
        return split;
    }

    /// <summary>Views truth values as labels 0 and 1.</summary>
    /// <param name="labels">Shape (rows).</param>
    internal static ReadOnlySpan<byte> AsBytes(ReadOnlySpan<bool> labels) => MemoryMarshal.Cast<bool, byte>(labels);

    /// <summary>Returns the memory to the pool.</summary>
    public void Dispose() => ArrayPool<double>.Shared.Return(_rented);

    private static void ThrowIfNotUsable<T>(ReadOnlySpan<T> scores, ReadOnlySpan<byte> labels)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (scores.Length != labels.Length)
        {
            throw new ArgumentException(
                $"Expected one label per score, but found {scores.Length} scores and {labels.Length} labels.",
                nameof(labels));
        }

        if (scores.IsEmpty)
        {
            throw new ArgumentException("Expected at least one row, but found none: no metric is defined without rows.", nameof(scores));
        }

        if (labels.IndexOfAnyExceptInRange((byte)0, (byte)1) is >= 0 and var label)
        {
            throw new ArgumentException($"Expected every label to be 0 or 1, but found another value at row {label}.", nameof(labels));
        }

        for (var i = 0; i < scores.Length; i++)
        {
            if (T.IsNaN(scores[i]))
            {
                throw new ArgumentException($"Expected every score to be a number, but found NaN at row {i}.", nameof(scores));
            }
        }
    }
}
