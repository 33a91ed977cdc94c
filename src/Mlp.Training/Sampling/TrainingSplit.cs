using Mlp.Runtime.Data;
using Mlp.Training.Networks;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Sampling;

/// <summary>
/// A training set cut into rows to train on, to validate on and to test on. The parts read the set as a stream, keep the order of its rows, and each has a manifest and content hash of its own.
/// Immutable and thread-safe.
/// </summary>
public sealed class TrainingSplit
{
    private TrainingSplit(ITrainingSet training, ITrainingSet? validation, ITrainingSet? test) => (Training, Validation, Test) = (training, validation, test);

    private enum Part : byte
    {
        Training,
        Validation,
        Test,
        None,
    }

    /// <summary>The rows to train on.</summary>
    public ITrainingSet Training { get; }

    /// <summary>The rows that decide when to stop; null when there are none.</summary>
    public ITrainingSet? Validation { get; }

    /// <summary>The rows that nothing has seen; null when there are none.</summary>
    public ITrainingSet? Test { get; }

    /// <summary>
    /// Cuts by the hash of a key: the rows of one key (an entity, a group, a row's own id) stay together, and a key stays in its part when rows are added, whatever else the set holds. The shares hold for keys, and
    /// only roughly for rows. Null is a key like any other.
    /// </summary>
    /// <param name="set">The rows.</param>
    /// <param name="keyColumns">The columns of the key, in order: integers, truth values, texts or GUIDs. An integer is the same key in any width.</param>
    /// <param name="shares">How large the parts are.</param>
    /// <param name="seed">Another seed gives another split.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="ArgumentException">There is no key column, or the shares are out of range.</exception>
    /// <exception cref="TrainingDataException">A column is missing or can be no key, or a part would be empty.</exception>
    public static async Task<TrainingSplit> ByKeyAsync(
        ITrainingSet set, IReadOnlyList<string> keyColumns, SplitShares shares, int seed = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(keyColumns);
        shares.ThrowIfOutOfRange(nameof(shares));
        if (keyColumns.Count == 0)
        {
            throw new ArgumentException("Expected at least one key column, but found none.", nameof(keyColumns));
        }

        var hashes = await RowValues.ReadKeysAsync(set, keyColumns, seed, cancellationToken).ConfigureAwait(false);
        var parts = hashes.ConvertAll(hash => KeyHash.ToShare(hash) switch
        {
            var share when share < shares.Test => Part.Test,
            var share when share < shares.Test + shares.Validation => Part.Validation,
            _ => Part.Training,
        });
        return await CutAsync(set, parts, shares.Validation > 0, shares.Test > 0, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Cuts by chance: each part has its share of the rows, to within one. The same rows, shares and seed give the same split, however they are cut into batches. It does not stay when rows are added: a row may move to another
    /// part, which <see cref="ByKeyAsync"/> and <see cref="ByTimeAsync"/> prevent. Rows that belong together (of one customer, of one time) are told apart by neither chance nor strata: cut those by key.
    /// </summary>
    /// <param name="set">The rows.</param>
    /// <param name="shares">How large the parts are.</param>
    /// <param name="seed">Another seed gives another split.</param>
    /// <param name="stratifyBy">Columns whose values keep their share in each part, to within two rows, for example the label: integers, truth values, texts, or floating-point numbers that are whole; null for none.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="ArgumentException">The shares are out of range, or a list of columns is empty.</exception>
    /// <exception cref="TrainingDataException">A column is missing or of another type, or a part would be empty.</exception>
    public static async Task<TrainingSplit> ByChanceAsync(
        ITrainingSet set, SplitShares shares, int seed = 0, IReadOnlyList<string>? stratifyBy = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        shares.ThrowIfOutOfRange(nameof(shares));
        var strata = stratifyBy is null
            ? new int[await RowValues.CountAsync(set, cancellationToken).ConfigureAwait(false)]
            : await RowValues.ReadStrataAsync(set, stratifyBy, cancellationToken).ConfigureAwait(false);
        var random = SeededRandom.For(seed, "split by chance");
        var parts = Enumerable.Repeat(Part.Training, strata.Length).ToList();
        int[] left = [.. Enumerable.Range(0, strata.Length)];
        foreach (var (part, share) in new[] { (Part.Test, shares.Test), (Part.Validation, shares.Validation) })
        {
            var count = (int)Math.Min(left.Length, Math.Round(strata.Length * share, MidpointRounding.AwayFromZero));
            foreach (var place in RowSampler.Stratified(System.Array.ConvertAll(left, row => strata[row]), count, random))
            {
                parts[left[place]] = part;
            }

            left = System.Array.FindAll(left, row => parts[row] == Part.Training);
        }

        return await CutAsync(set, parts, shares.Validation > 0, shares.Test > 0, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Cuts at two times, which stay where they are when rows are added: earlier rows are trained on, later ones validate, the latest ones test.</summary>
    /// <param name="set">Rows with a time column, in any order.</param>
    /// <param name="validationFrom">The earliest time of the validation rows; the same as <paramref name="testFrom"/> for none.</param>
    /// <param name="testFrom">The earliest time of the test rows; null for none.</param>
    /// <param name="gap">Rows that lie less than this before a cut are left out, because their labels or windows reach into the later part; zero or more.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="ArgumentOutOfRangeException">The times are out of order, or the gap is negative.</exception>
    /// <exception cref="TrainingDataException">There is no time column, or a part would be empty.</exception>
    public static async Task<TrainingSplit> ByTimeAsync(
        ITrainingSet set, DateTimeOffset validationFrom, DateTimeOffset? testFrom = null, TimeSpan gap = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentOutOfRangeException.ThrowIfLessThan(gap, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(testFrom ?? DateTimeOffset.MaxValue, validationFrom, nameof(testFrom));
        var times = await RowValues.ReadTimesAsync(set, cancellationToken).ConfigureAwait(false);
        var first = Microseconds.FromFeatureTime(validationFrom);
        var second = testFrom is { } time ? Microseconds.FromFeatureTime(time) : long.MaxValue;
        var span = Microseconds.FromTimeSpan(gap);
        var parts = times.ConvertAll(t => t >= second ? Part.Test : t >= first ? BeforeGap(t, second, Part.Validation) : BeforeGap(t, first, Part.Training));
        return await CutAsync(set, parts, first < second, testFrom is not null, cancellationToken).ConfigureAwait(false);

        Part BeforeGap(long t, long cut, Part part) => cut != long.MaxValue && t > cut - span ? Part.None : part;
    }

    private static async Task<TrainingSplit> CutAsync(ITrainingSet set, List<Part> parts, bool validates, bool tests, CancellationToken cancellationToken)
    {
        return new TrainingSplit(
            await SelectAsync(Part.Training, "train on").ConfigureAwait(false),
            validates ? await SelectAsync(Part.Validation, "validate on").ConfigureAwait(false) : null,
            tests ? await SelectAsync(Part.Test, "test on").ConfigureAwait(false) : null);

        Task<RowSelection> SelectAsync(Part part, string purpose)
            => RowSelection.CreateAsync(
                set,
                [.. parts.Select(p => p == part ? 1 : 0)],
                () => FormattableString.Invariant($"Expected rows to {purpose}, but none of the {parts.Count} rows fall into that part of the split."),
                cancellationToken);
    }
}
