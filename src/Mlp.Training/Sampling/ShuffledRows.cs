using System.Globalization;
using System.Runtime.CompilerServices;
using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Training.Networks;

namespace Mlp.Training.Sampling;

/// <summary>
/// Shuffles a training set that may be larger than memory, as it streams. A pool of <c>bufferRows</c> rows is filled and brought into random order; half of it is handed out, and the other half stays and is mixed
/// with the rows that come next. So a row moves back by any distance, and forward by at most the pool. In memory are the pool, one batch of the set and what the caller holds.
/// </summary>
/// <remarks>
/// Where rows lie in an order that matters (by label, by customer), the pool must be large against the runs of it, or the set be written in another order. Thread-safe.
/// </remarks>
public sealed class ShuffledRows : IShuffledRows
{
    private readonly ITrainingSet _set;
    private readonly int _bufferRows;
    private readonly int _seed;

    /// <summary>Shuffles a set.</summary>
    /// <param name="set">The rows, for example a <see cref="FrozenTrainingSet"/>, which streams from Parquet.</param>
    /// <param name="bufferRows">Rows of the pool, at least 2.</param>
    /// <param name="seed">Decides the order of each epoch.</param>
    public ShuffledRows(ITrainingSet set, int bufferRows = 65_536, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentOutOfRangeException.ThrowIfLessThan(bufferRows, 2);
        (_set, _bufferRows, _seed) = (set, bufferRows, seed);
    }

    /// <inheritdoc/>
    public Schema Schema => _set.Schema;

    /// <inheritdoc/>
    public long RowCount => _set.Manifest.RowCount;

    /// <inheritdoc/>
    /// <exception cref="TrainingDataException">A column has a type that no training set has.</exception>
    public IAsyncEnumerable<RecordBatch> ReadEpochAsync(int epoch, int batchSize, long skipBatches = 0, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(skipBatches);
        return ReadEpochAsync(epoch, _ => batchSize, skipBatches * batchSize, cancellationToken);
    }

    /// <summary>Reads an epoch in batches of sizes of their own.</summary>
    /// <param name="epoch">The epoch from 0.</param>
    /// <param name="sizeOf">Rows of a batch, at least 1, by its number from 0; asked for each batch in turn, also for one behind the last.</param>
    /// <param name="skipRows">Rows that are left out at the beginning.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <returns>The batches, which the caller disposes of.</returns>
    internal async IAsyncEnumerable<RecordBatch> ReadEpochAsync(int epoch, Func<long, int> sizeOf, long skipRows, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var random = SeededRandom.For(_seed, string.Create(CultureInfo.InvariantCulture, $"shuffled rows of epoch {epoch}"));
        using var pool = new RowPool(Schema);
        var skip = skipRows;
        var done = 0L;
        await foreach (var batch in _set.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                for (var start = 0; start < batch.Length;)
                {
                    var taken = Math.Min(batch.Length - start, _bufferRows - pool.Count);
                    pool.Add(batch, start, taken);
                    start += taken;
                    if (pool.Count == _bufferRows)
                    {
                        pool.Release(_bufferRows - (_bufferRows / 2), random, ref skip);
                        while (pool.TryTake(sizeOf(done), isLast: false) is { } part)
                        {
                            done++;
                            yield return part;
                        }
                    }
                }
            }
        }

        pool.Release(pool.Count, random, ref skip);
        while (pool.TryTake(sizeOf(done), isLast: true) is { } part)
        {
            done++;
            yield return part;
        }
    }
}
