using Mlp.Runtime.Data;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Evaluation;

/// <summary>
/// A training set cut by time into rows to train on and later rows to evaluate on. Rows of one time stay together in the later part, so the earlier one knows nothing of it.
/// Both parts read the original rows as a stream; nothing is copied. Immutable and thread-safe.
/// </summary>
public sealed class TimeSplit
{
    private TimeSplit(ITrainingSet training, ITrainingSet holdout) => (Training, Holdout) = (training, holdout);

    /// <summary>The earlier rows.</summary>
    public ITrainingSet Training { get; }

    /// <summary>The later rows.</summary>
    public ITrainingSet Holdout { get; }

    /// <summary>Cuts off the last rows by share.</summary>
    /// <param name="set">Rows in order of time. Without a time column their order stands for it.</param>
    /// <param name="holdoutShare">Share of the rows in the later part, above 0 and below 1.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share is out of range.</exception>
    /// <exception cref="TrainingDataException">Rows are out of order, or one part would be empty.</exception>
    public static async Task<TimeSplit> ByShareAsync(ITrainingSet set, double holdoutShare, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        if (!(holdoutShare is > 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(holdoutShare), holdoutShare, "Expected a share above 0 and below 1.");
        }

        var (times, rowCount) = await ReadTimesAsync(set, cancellationToken).ConfigureAwait(false);
        return await CutAsync(set, TimeOrder.CutByShare(times, rowCount, holdoutShare), rowCount, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Cuts at a time.</summary>
    /// <param name="set">Rows in order of time, with a time column.</param>
    /// <param name="time">The earliest time of the later part.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="TrainingDataException">There is no time column, rows are out of order, or one part would be empty.</exception>
    public static async Task<TimeSplit> AtAsync(ITrainingSet set, DateTimeOffset time, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        if (set.Manifest.TimeColumn is null)
        {
            throw new TrainingDataException("Expected a training set with a time column to cut at a time, but its manifest names none.");
        }

        var (times, rowCount) = await ReadTimesAsync(set, cancellationToken).ConfigureAwait(false);

        // Row times are whole microseconds, so the first one at or after the instant is the first one at or after its ceiling.
        return await CutAsync(set, TimeOrder.CutAt(times, Microseconds.FromFeatureTime(time)), rowCount, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<(long[] Times, int RowCount)> ReadTimesAsync(ITrainingSet set, CancellationToken cancellationToken)
    {
        var times = new List<long>();
        var rowCount = 0;
        var column = set.Manifest.TimeColumn;
        await foreach (var batch in set.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                rowCount = checked(rowCount + batch.Length);
                if (column is not null)
                {
                    TimeColumn.Append(batch.Column(batch.Schema.GetFieldIndex(column)), column, times);
                }
            }
        }

        var array = times.ToArray();
        TimeOrder.ThrowIfUnordered(array, column ?? string.Empty);
        return (array, rowCount);
    }

    private static async Task<TimeSplit> CutAsync(ITrainingSet set, int cut, int rowCount, CancellationToken cancellationToken)
    {
        if (cut == 0 || cut == rowCount)
        {
            throw new TrainingDataException(
                FormattableString.Invariant($"Expected rows on both sides of the cut, but of {rowCount} rows {cut} lie before it and {rowCount - cut} after it."));
        }

        return new(
            await TrainingSetSlice.CreateAsync(set, 0, cut, cancellationToken).ConfigureAwait(false),
            await TrainingSetSlice.CreateAsync(set, cut, rowCount - cut, cancellationToken).ConfigureAwait(false));
    }
}
