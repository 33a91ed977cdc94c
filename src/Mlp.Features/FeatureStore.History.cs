using System.Globalization;
using System.Runtime.CompilerServices;
using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;
using Mlp.Runtime.Telemetry;

namespace Mlp.Features;

/// <content>Reading rows of the offline store: the last of an entity, and those of a range of time.</content>
public sealed partial class FeatureStore
{
    private const int MaximumHistory = 100_000;

    /// <summary>Reads the last values of entities before a time, for records of keys; see the overload for streams.</summary>
    /// <typeparam name="T">A record whose public properties are the columns, named in snake_case: the keys of the view and, where it is named, the time.</typeparam>
    /// <param name="view">View name.</param>
    /// <param name="rows">The rows of the question.</param>
    /// <param name="options">How many, before which time; null for the last 10 before now.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>The values by row, newest first; the caller disposes each batch.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such view or feature.</exception>
    /// <exception cref="ArgumentException">An option is out of its range, or both a time and a time column are given.</exception>
    /// <exception cref="SpineException">A column is missing or has another type, or a time is null or outside the years 1 to 9999.</exception>
    public IAsyncEnumerable<RecordBatch> ReadHistoryAsync<T>(string view, IEnumerable<T> rows, FeatureHistoryOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return ReadHistoryAsync(view, Each(SpineBatches.From(rows)), options, cancellationToken);
    }

    /// <summary>Reads the last values of entities before a time, for an Arrow batch of keys; see the overload for streams.</summary>
    /// <param name="view">View name.</param>
    /// <param name="rows">The rows of the question. The batch stays the caller's.</param>
    /// <param name="options">How many, before which time; null for the last 10 before now.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>The values by row, newest first; the caller disposes each batch.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such view or feature.</exception>
    /// <exception cref="ArgumentException">An option is out of its range, or both a time and a time column are given.</exception>
    /// <exception cref="SpineException">A column is missing or has another type, or a time is null or outside the years 1 to 9999.</exception>
    public IAsyncEnumerable<RecordBatch> ReadHistoryAsync(string view, RecordBatch rows, FeatureHistoryOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return ReadHistoryAsync(view, Each([rows]), options, cancellationToken);
    }

    /// <summary>
    /// Reads the last values of entities before a time, one per event time: the newest (rank 1) is the one that a point-in-time join finds. A value whose time to live is over has status Expired and null features.
    /// A row of the question whose entity has no visible value, or whose key has a null part, gives no rows.
    /// </summary>
    /// <param name="view">View name.</param>
    /// <param name="rows">The rows of the question: the keys of the view and, where <see cref="FeatureHistoryOptions.TimeColumn"/> names one, a time. They stay the producer's.</param>
    /// <param name="options">How many, before which time; null for the last 10 before now.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>
    /// The values in the order of the rows of the question, for each newest first, with the columns of <see cref="HistoryColumns"/> (row, rank, event time, created time, status) and the features; the caller disposes each batch.
    /// Rows come as they are found, with bounded memory.
    /// </returns>
    /// <exception cref="FeatureDefinitionException">There is no such view or feature.</exception>
    /// <exception cref="ArgumentException">An option is out of its range, or both a time and a time column are given.</exception>
    /// <exception cref="SpineException">A column is missing or has another type, or a time is null or outside the years 1 to 9999.</exception>
    public IAsyncEnumerable<RecordBatch> ReadHistoryAsync(
        string view, IAsyncEnumerable<RecordBatch> rows, FeatureHistoryOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        options ??= new FeatureHistoryOptions();
        if (options.Count is < 1 or > MaximumHistory)
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), string.Create(CultureInfo.InvariantCulture, $"Expected {nameof(FeatureHistoryOptions)}.{nameof(options.Count)} to be from 1 to {MaximumHistory}, but found {options.Count}."));
        }

        if (options is { TimeColumn: not null, AsOf: not null })
        {
            throw new ArgumentException($"Expected {nameof(options.TimeColumn)} or {nameof(options.AsOf)}, but found both.", nameof(options));
        }

        var definition = OpenView(view, options.Version);
        var asOf = Microseconds.FromRequestTime(options.AsOf ?? _time.GetUtcNow());
        var question = new HistoryQuestion(definition, FieldsOf(definition, options.Features), options.Count, options.TimeColumn, asOf, options.Mode);
        return FlushedAsync(token => new FeatureHistory(Offline).ReadLastAsync(question, rows, token), cancellationToken);
    }

    /// <summary>
    /// Reads the rows of a view whose event times lie in a range, without a list of entities: one per entity and event time. Rows with a null part in their key belong to no entity and are left out. The time to live does
    /// not matter here.
    /// </summary>
    /// <param name="view">View name.</param>
    /// <param name="from">The first event time.</param>
    /// <param name="to">The event time behind the last; later than <paramref name="from"/>.</param>
    /// <param name="options">Which rows and features; null for all.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>
    /// The rows in the order of event time, then keys (integers by value, texts by their UTF-8 bytes), with the keys, the times of <see cref="HistoryColumns"/> and the features; the caller disposes each batch. Memory is bounded.
    /// </returns>
    /// <exception cref="FeatureDefinitionException">There is no such view or feature.</exception>
    /// <exception cref="ArgumentException">The range is empty.</exception>
    public IAsyncEnumerable<RecordBatch> ReadRangeAsync(
        string view, DateTimeOffset from, DateTimeOffset to, FeatureRangeOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new FeatureRangeOptions();
        var definition = OpenView(view, options.Version);
        var question = RangeOf(definition, from, to, options.Mode, options.AsOf) with { Fields = FieldsOf(definition, options.Features) };
        return FlushedAsync(token => new FeatureHistory(Offline).ReadRangeAsync(question, token), cancellationToken);
    }

    /// <summary>
    /// Makes a training set without a list of entities: for every entity and event time of one view of a service within a range, all features of the service as they were at that time.
    /// </summary>
    /// <param name="service">Service name. It has no on-demand views, which need a request.</param>
    /// <param name="from">The first event time.</param>
    /// <param name="to">The event time behind the last; later than <paramref name="from"/>.</param>
    /// <param name="drivingView">The view, by its name within the service, whose keys are all keys of the service; null for the first such view.</param>
    /// <param name="options">Join mode, which counts for the driving view too, version of the service, commits; null for event time, the highest and the newest.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The training set, in the order of event time, then keys; its time column is <see cref="HistoryColumns.EventTime"/>. The caller disposes it.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such service, no view of it can drive it, or a commit is of another definition of a view.</exception>
    /// <exception cref="OfflineCommitExpiredException">Files of a commit have been removed.</exception>
    /// <exception cref="ArgumentException">The range is empty.</exception>
    public Task<JoinedTrainingSet> CreateTrainingSetFromRangeAsync(
        string service,
        DateTimeOffset from,
        DateTimeOffset to,
        string? drivingView = null,
        TrainingSetOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        EnsureOpen();
        options ??= new TrainingSetOptions();
        var (mode, timeTravel) = (options.Mode, options.TimeTravel);
        var definition = Catalog.GetService(service, options.Version);
        var driving = DrivingView.Find(definition, drivingView);
        var range = RangeOf(driving.View, from, to, mode, asOf: null);
        return Task.Run(
            () => TracedWork.RunAsync(
                () => FeatureActivities.StartForService(FeatureSpans.TrainingSet, definition.Name, definition.Version),
                async () =>
                {
                    await Online.FlushAsync(cancellationToken).ConfigureAwait(false);

                    // The rows of the question and the answers come from the same commits.
                    var commits = timeTravel?.CommitsOf(definition, Offline) ?? definition.Views.Select(v => v.View!).Distinct().ToDictionary(v => (v.Name, v.Version), v => Offline.Open(v).LastCommit()?.Number ?? 0);
                    var spine = driving.ToSpine(new FeatureHistory(Offline).ReadRangeAsync(range with { Commit = commits[(driving.View.Name, driving.View.Version)] }, cancellationToken), cancellationToken);
                    var question = new TrainingSetQuestion(definition, HistoryColumns.EventTime, LabelColumn: null, mode, commits);
                    return await _join.JoinAsync(question, spine, cancellationToken).ConfigureAwait(false);
                },
                static (span, set) => span.SetTag("rows", set.Manifest.RowCount)),
            cancellationToken);
    }

    private static IReadOnlyList<int> FieldsOf(FeatureViewDefinition view, IReadOnlyList<string>? names)
    {
        if (names is null)
        {
            return [.. Enumerable.Range(0, view.Fields.Count)];
        }

        if (names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new FeatureDefinitionException(view.Name, $"Expected every feature of {view} once, but '{twice.Key}' is asked for {twice.Count()} times.");
        }

        var known = view.Fields.Select(field => field.Name).ToList();
        return [.. names.Select(name => known.IndexOf(name) is >= 0 and var index
            ? index
            : throw new FeatureDefinitionException(view.Name, $"Expected features of {view}, which has {string.Join(", ", known.Select(k => $"'{k}'"))}, but found '{name}'."))];
    }

    /// <summary>Runs on the pool, after what was pushed has become part of the offline store.</summary>
    private async IAsyncEnumerable<RecordBatch> FlushedAsync(Func<CancellationToken, IAsyncEnumerable<RecordBatch>> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Online.FlushAsync(cancellationToken).ConfigureAwait(false);
        var batches = read(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var _ = batches.ConfigureAwait(false);
        while (await Task.Run(() => batches.MoveNextAsync().AsTask(), cancellationToken).ConfigureAwait(false))
        {
            yield return batches.Current;
        }
    }

    private RangeQuestion RangeOf(FeatureViewDefinition view, DateTimeOffset from, DateTimeOffset to, JoinMode mode, DateTimeOffset? asOf)
    {
        if (from >= to)
        {
            throw new ArgumentException($"Expected a range of event times that begins before it ends, but it begins at {from:O} and ends at {to:O}.", nameof(to));
        }

        // Feature times were rounded up, so a bound is rounded up too: what is not before it stays so.
        var limit = asOf is { } time ? Microseconds.FromRequestTime(time) : mode == JoinMode.CreatedTime ? Microseconds.FromRequestTime(_time.GetUtcNow()) : long.MaxValue;
        return new RangeQuestion(view, [], Microseconds.FromFeatureTime(from), Microseconds.FromFeatureTime(to), mode, limit);
    }
}
