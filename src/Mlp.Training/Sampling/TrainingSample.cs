using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Training.Sampling;

/// <summary>
/// Training sets of some rows of another one. They read that one as a stream, keep the order of its rows (and so the order of time), and have a manifest and content hash of their own. The same set, settings and seed
/// give the same rows.
/// </summary>
public static class TrainingSample
{
    /// <summary>Keeps the rows that a condition holds for.</summary>
    /// <param name="set">All rows.</param>
    /// <param name="condition">Told of a batch and a row in it. It gives the same answer each time.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="TrainingDataException">It holds for none.</exception>
    public static async Task<ITrainingSet> WhereAsync(ITrainingSet set, Func<RecordBatch, int, bool> condition, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(condition);
        var counts = new List<int>();
        await RowValues.ReadAsync(
            set,
            batch =>
            {
                for (var row = 0; row < batch.Length; row++)
                {
                    counts.Add(condition(batch, row) ? 1 : 0);
                }
            },
            cancellationToken).ConfigureAwait(false);
        return await RowSelection.CreateAsync(
            set, [.. counts], () => FormattableString.Invariant($"Expected rows that the filter keeps, but it keeps none of {counts.Count}."), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Draws rows with probabilities in proportion to a column.</summary>
    /// <param name="set">All rows.</param>
    /// <param name="weightColumn">The column with the weights, 0 or more.</param>
    /// <param name="count">Number of rows; without replacement at most as many as have a weight above 0.</param>
    /// <param name="withReplacement">Whether a row may be taken more than once.</param>
    /// <param name="seed">Decides the draws.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="ArgumentException">The count is out of range, or no row has a weight.</exception>
    /// <exception cref="TrainingDataException">The column is missing, or a weight is missing or negative.</exception>
    public static async Task<ITrainingSet> WeightedAsync(
        ITrainingSet set, string weightColumn, int count, bool withReplacement, int seed = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(weightColumn);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var weights = (await RowValues.ReadWeightsAsync(set, weightColumn, cancellationToken).ConfigureAwait(false)).ConvertAll(w => (double)w).ToArray();
        var rows = withReplacement ? RowSampler.WithReplacement(weights, count, seed) : RowSampler.WithoutReplacement(weights, count, seed);
        return await TakeAsync(set, rows, weights.Length, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Draws rows without replacement so that each value of some columns keeps its share, to within one row.</summary>
    /// <param name="set">All rows.</param>
    /// <param name="columns">The columns whose values make the strata: integers, truth values, texts, or floating-point numbers that are whole.</param>
    /// <param name="count">Number of rows, 1 to the number there are.</param>
    /// <param name="seed">Decides the draws.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="ArgumentException">The count is out of range.</exception>
    /// <exception cref="TrainingDataException">A column is missing or of another type.</exception>
    public static async Task<ITrainingSet> StratifiedAsync(ITrainingSet set, IReadOnlyList<string> columns, int count, int seed = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var strata = await RowValues.ReadStrataAsync(set, columns, cancellationToken).ConfigureAwait(false);
        return await TakeAsync(set, RowSampler.Stratified(strata, count, seed), strata.Length, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Draws the same number of rows for each value of some columns: without replacement while there are enough, and every row equally often, to within one, where there are not.</summary>
    /// <param name="set">All rows.</param>
    /// <param name="columns">The columns whose values make the strata, for example the label: integers, truth values, texts, or floating-point numbers that are whole.</param>
    /// <param name="countPerStratum">Rows per value, at least 1.</param>
    /// <param name="seed">Decides the draws.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <returns>The rows.</returns>
    /// <exception cref="ArgumentException">The count is out of range.</exception>
    /// <exception cref="TrainingDataException">A column is missing or of another type.</exception>
    public static async Task<ITrainingSet> BalancedAsync(
        ITrainingSet set, IReadOnlyList<string> columns, int countPerStratum, int seed = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(countPerStratum, 1);
        var strata = await RowValues.ReadStrataAsync(set, columns, cancellationToken).ConfigureAwait(false);
        return await TakeAsync(set, RowSampler.Balanced(strata, countPerStratum, seed), strata.Length, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<ITrainingSet> TakeAsync(ITrainingSet set, int[] rows, int rowCount, CancellationToken cancellationToken)
    {
        var counts = new int[rowCount];
        foreach (var row in rows)
        {
            counts[row]++;
        }

        return await RowSelection.CreateAsync(set, counts, () => "Expected rows to sample from, but the set is empty.", cancellationToken).ConfigureAwait(false);
    }
}
