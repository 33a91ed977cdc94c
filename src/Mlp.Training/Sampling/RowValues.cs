using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Sampling;

/// <summary>Reads what splits and samplers need to know of each row.</summary>
internal static class RowValues
{
    /// <summary>Hashes of the rows' keys.</summary>
    /// <exception cref="TrainingDataException">A column is missing or can be no key.</exception>
    public static Task<List<UInt128>> ReadKeysAsync(ITrainingSet set, IReadOnlyList<string> columns, int seed, CancellationToken cancellationToken)
        => ReadAsync(set, new KeyHash(set.Schema, columns, seed), cancellationToken);

    /// <summary>The stratum of each row by the values of some columns, which may be floating-point numbers that are whole. Strata are numbered in the order in which they first occur.</summary>
    /// <exception cref="ArgumentException">There is no column.</exception>
    /// <exception cref="TrainingDataException">A column is missing or of another type.</exception>
    public static async Task<int[]> ReadStrataAsync(ITrainingSet set, IReadOnlyList<string> columns, CancellationToken cancellationToken)
    {
        if (columns.Count == 0)
        {
            throw new ArgumentException("Expected at least one column, but found none.", nameof(columns));
        }

        var numbers = new Dictionary<UInt128, int>();
        var hashes = await ReadAsync(set, new KeyHash(set.Schema, columns, seed: 0, takesWholeNumbers: true), cancellationToken).ConfigureAwait(false);
        return [.. hashes.Select(h =>
        {
            numbers.TryAdd(h, numbers.Count);
            return numbers[h];
        })];
    }

    /// <summary>The number of rows.</summary>
    public static async Task<int> CountAsync(ITrainingSet set, CancellationToken cancellationToken)
    {
        var count = 0;
        await ReadAsync(set, batch => count = checked(count + batch.Length), cancellationToken).ConfigureAwait(false);
        return count;
    }

    /// <summary>Times of the rows in microseconds.</summary>
    /// <exception cref="TrainingDataException">There is no time column, or a row has no time.</exception>
    public static async Task<List<long>> ReadTimesAsync(ITrainingSet set, CancellationToken cancellationToken)
    {
        var column = set.Manifest.TimeColumn
            ?? throw new TrainingDataException("Expected a training set with a time column to cut at a time, but its manifest names none.");
        var index = Columns.IndexOf(set.Schema, column);
        var times = new List<long>();
        await ReadAsync(set, batch => TimeColumn.Append(batch.Column(index), column, times), cancellationToken).ConfigureAwait(false);
        return times;
    }

    /// <summary>Weights of the rows.</summary>
    /// <exception cref="TrainingDataException">The column is missing, or a weight is missing or negative.</exception>
    public static async Task<List<float>> ReadWeightsAsync(ITrainingSet set, string column, CancellationToken cancellationToken)
    {
        var index = Columns.IndexOf(set.Schema, column);
        var weights = new List<float>();
        await ReadAsync(set, batch => WeightColumn.Append(batch.Column(index), column, weights), cancellationToken).ConfigureAwait(false);
        return weights;
    }

    /// <summary>Hands over each batch.</summary>
    public static async Task ReadAsync(ITrainingSet set, Action<RecordBatch> read, CancellationToken cancellationToken)
    {
        await foreach (var batch in set.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                read(batch);
            }
        }
    }

    private static async Task<List<UInt128>> ReadAsync(ITrainingSet set, KeyHash hash, CancellationToken cancellationToken)
    {
        var hashes = new List<UInt128>();
        await ReadAsync(set, batch => hash.Append(batch, hashes), cancellationToken).ConfigureAwait(false);
        return hashes;
    }
}
