using Mlp.Runtime.Data;

namespace Mlp.Training.Sampling;

/// <summary>What the training rows know of rows that they are judged by. Immutable.</summary>
/// <param name="SharedKeyCount">Keys that both have rows of; null when no key was named.</param>
/// <param name="RepeatedRowCount">Rows of the later part that stand in the training rows with the same features and labels; missing values are equal.</param>
/// <param name="RowsBeforeTrainingEnds">Rows of the later part that are not later than the latest training row; null where rows have no time.</param>
public sealed record SplitLeaks(int? SharedKeyCount, long RepeatedRowCount, long? RowsBeforeTrainingEnds)
{
    /// <summary>Compares two parts of a split.</summary>
    /// <param name="training">The rows that are trained on.</param>
    /// <param name="judging">The validation or test rows.</param>
    /// <param name="keyColumns">The columns of a key whose rows shall not be in both; null for none.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <returns>What was found. What of it is a leak depends on how the rows were cut.</returns>
    /// <exception cref="TrainingDataException">A column is missing or can be no key.</exception>
    public static async Task<SplitLeaks> FindAsync(
        ITrainingSet training, ITrainingSet judging, IReadOnlyList<string>? keyColumns = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(judging);
        int? sharedKeys = null;
        if (keyColumns is { Count: > 0 })
        {
            var known = new HashSet<UInt128>(await RowValues.ReadKeysAsync(training, keyColumns, seed: 0, cancellationToken).ConfigureAwait(false));
            known.IntersectWith(await RowValues.ReadKeysAsync(judging, keyColumns, seed: 0, cancellationToken).ConfigureAwait(false));
            sharedKeys = known.Count;
        }

        var seen = new HashSet<UInt128>(await ContentAsync(training, cancellationToken).ConfigureAwait(false));
        var repeated = (await ContentAsync(judging, cancellationToken).ConfigureAwait(false)).LongCount(seen.Contains);
        long? early = null;
        if (training.Manifest.TimeColumn is not null && judging.Manifest.TimeColumn is not null)
        {
            var end = (await RowValues.ReadTimesAsync(training, cancellationToken).ConfigureAwait(false)).Max();
            early = (await RowValues.ReadTimesAsync(judging, cancellationToken).ConfigureAwait(false)).LongCount(t => t <= end);
        }

        return new SplitLeaks(sharedKeys, repeated, early);
    }

    private static async Task<List<UInt128>> ContentAsync(ITrainingSet set, CancellationToken cancellationToken)
    {
        var rows = new List<UInt128>();
        var columns = set.Manifest.Features.Select(f => f.Name).Concat(set.Manifest.LabelColumns).Select(c => Columns.IndexOf(set.Schema, c)).ToArray();
        await RowValues.ReadAsync(set, batch => RowContent.Append(batch, columns, rows), cancellationToken).ConfigureAwait(false);
        return rows;
    }
}
