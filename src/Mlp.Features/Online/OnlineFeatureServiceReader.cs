using System.Buffers;
using System.Runtime.ExceptionServices;
using Mlp.Features.Definitions;
using Mlp.Features.OnDemand;
using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <summary>Reads a service from the online store. Completes synchronously and without allocation when all rows are in memory. Thread-safe.</summary>
/// <param name="description">What the service delivers.</param>
/// <param name="store">The store; throws a sentence when this process has none.</param>
/// <param name="createViews">Resolves its stored views, once the store is open.</param>
/// <param name="service">The definition, for its on-demand features; null for none.</param>
internal sealed class OnlineFeatureServiceReader(
    FeatureServiceDescription description,
    Func<OnlineStore> store,
    Func<IEnumerable<OnlineServiceView>> createViews,
    FeatureServiceDefinition? service = null) : IFeatureServiceReader
{
    private const int StackKeyLength = 256;

    private readonly bool _hasStoredViews = service is null || service.Views.Any(view => view.View is not null);
    private OnlineServiceView[]? _views;

    /// <inheritdoc/>
    public FeatureServiceDescription Description { get; } = description;

    /// <inheritdoc/>
    public ValueTask ReadAsync(ReadOnlyMemory<EntityValue> keys, long asOf, FeatureRows destination, int firstRow, int rowCount, CancellationToken cancellationToken = default)
        => ReadAsync(new ReadQuestion(keys, asOf, default, destination, firstRow, rowCount), cancellationToken);

    /// <inheritdoc/>
    public ValueTask ReadAsync(
        ReadOnlyMemory<EntityValue> keys, ReadOnlyMemory<long> asOf, FeatureRows destination, int firstRow, int rowCount, CancellationToken cancellationToken = default)
    {
        if (asOf.Length != rowCount)
        {
            throw new ArgumentException(
                $"Expected a time for each of {rowCount} rows of feature service '{Description.Name}' version {Description.Version}, but found {asOf.Length} times.", nameof(asOf));
        }

        return ReadAsync(new ReadQuestion(keys, default, asOf, destination, firstRow, rowCount), cancellationToken);
    }

    /// <inheritdoc/>
    public RequestFeatureWriter<TRequest>? FindRequestWriter<TRequest>() => service is null ? null : OnDemandWriters.Find<TRequest>(service);

    private ValueTask ReadAsync(in ReadQuestion question, CancellationToken cancellationToken)
    {
        CheckDestination(question.Destination, question.FirstRow, question.RowCount);
        CheckKeys(question.Keys.Span, question.RowCount);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        if (!_hasStoredViews || question.RowCount == 0)
        {
            return ValueTask.CompletedTask;
        }

        var opened = store();
        var views = _views ??= [.. createViews()];
        if (OnlineMetrics.Reads.Enabled)
        {
            OnlineMetrics.Reads.Add((long)question.RowCount * views.Length);
        }

        return opened.MayBeDue(question.LatestTime) ? ReadDueAsync(opened, views, question) : ReadNow(opened, views, question);
    }

    private ValueTask ReadNow(OnlineStore opened, OnlineServiceView[] views, in ReadQuestion question)
    {
        var reader = opened.RentReader();
        int pending;
        try
        {
            pending = IssueReads(reader, views, question);
        }
        catch (Exception error)
        {
            return FailAsync(reader, ExceptionDispatchInfo.Capture(error));
        }

        if (pending > 0)
        {
            OnlineMetrics.PendingReads.Add(pending);
            return CompleteAsync(reader);
        }

        reader.Dispose();
        return ValueTask.CompletedTask;
    }

    private int IssueReads(IOnlineRowReader reader, OnlineServiceView[] views, in ReadQuestion question)
    {
        var pending = 0;
        var isSingle = question.RowCount == 1 && views.Length == 1;
        var width = Description.Keys.Count;
        var keys = question.Keys.Span;
        var times = question.Times.Span;
        OnlineServiceView.KeyParts parts = default;
        Span<byte> buffer = stackalloc byte[StackKeyLength];
        byte[]? rented = null;
        for (var row = 0; row < question.RowCount; row++)
        {
            var rowKey = keys.Slice(row * width, width);
            var asOf = times.IsEmpty ? question.Time : times[row];
            foreach (var view in views)
            {
                var key = view.SelectKey(rowKey, ref parts);
                if (EntityKeyEncoding.ContainsNull(key))
                {
                    continue;
                }

                if (OnlineView.GetMaximumKeyLength(key) is var length && length > buffer.Length)
                {
                    Return(rented);
                    buffer = rented = ArrayPool<byte>.Shared.Rent(length);
                }

                var encoded = buffer[..view.Plan.View.EncodeKey(key, buffer)];
                var destination = new RowDestination(view.Plan, question.Destination, question.FirstRow + row, asOf);
                if (isSingle)
                {
                    pending += reader.Read(encoded, destination) ? 0 : 1;
                }
                else
                {
                    reader.Enqueue(encoded, destination);
                }
            }
        }

        Return(rented);
        return pending + reader.ReadEnqueued();
    }

    /// <summary>A question about a time at which rows become due: they are applied first; those ahead of the clock are looked at one by one.</summary>
    private async ValueTask ReadDueAsync(OnlineStore opened, OnlineServiceView[] views, ReadQuestion question)
    {
        if (!await opened.PrepareReadAsync(question.LatestTime).ConfigureAwait(false))
        {
            await ReadNow(opened, views, question).ConfigureAwait(false);
            return;
        }

        var width = Description.Keys.Count;
        using var reader = opened.RentReader();
        for (var row = 0; row < question.RowCount; row++)
        {
            var asOf = question.TimeOf(row);
            foreach (var view in views)
            {
                if (EncodeKey(view, question.Keys.Span.Slice(row * width, width)) is not { } key)
                {
                    continue;
                }

                var rival = opened.Due.Find(key, asOf);
                var target = question.FirstRow + row;
                if (!reader.Read(key, new RowDestination(view.Plan, question.Destination, target, asOf, rival)))
                {
                    await reader.CompleteAsync().ConfigureAwait(false);
                }

                if (rival is not null && question.Destination.EventTimesOf(target)[view.ViewIndex] == FeatureRows.NoEventTime)
                {
                    // The store keeps no row of the entity.
                    view.Plan.Decode(rival, question.Destination, target, asOf);
                }
            }
        }
    }

    private static async ValueTask CompleteAsync(IOnlineRowReader reader)
    {
        using (reader)
        {
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    private static async ValueTask FailAsync(IOnlineRowReader reader, ExceptionDispatchInfo error)
    {
        // Reads that wait for the disk still write into the destination.
        await CompleteAsync(reader).ConfigureAwait(false);
        error.Throw();
    }

    private static byte[]? EncodeKey(OnlineServiceView view, ReadOnlySpan<EntityValue> rowKey)
    {
        OnlineServiceView.KeyParts parts = default;
        var key = view.SelectKey(rowKey, ref parts);
        if (EntityKeyEncoding.ContainsNull(key))
        {
            return null;
        }

        var bytes = new byte[OnlineView.GetMaximumKeyLength(key)];
        return bytes[..view.Plan.View.EncodeKey(key, bytes)];
    }

    private static void Return(byte[]? rented)
    {
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void CheckDestination(FeatureRows destination, int firstRow, int rowCount)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (firstRow < 0 || rowCount < 0 || firstRow > destination.RowCount - rowCount)
        {
            throw new ArgumentOutOfRangeException(
                nameof(firstRow),
                $"Expected a destination with {rowCount} rows from row {firstRow} on for feature service '{Description.Name}' version {Description.Version}, but it has {destination.RowCount} rows.");
        }

        if (!ReferenceEquals(destination.Layout, Description.Layout) && !destination.Layout.Columns.SequenceEqual(Description.Layout.Columns))
        {
            throw new ArgumentException($"Expected a destination with the layout of feature service '{Description.Name}' version {Description.Version}, but found another layout.", nameof(destination));
        }
    }

    private void CheckKeys(ReadOnlySpan<EntityValue> keys, int rows)
    {
        var width = Description.Keys.Count;
        if (keys.Length != rows * width)
        {
            throw new ArgumentException(
                $"Expected {rows} x {width} key parts for {rows} rows of feature service '{Description.Name}' version {Description.Version}, but found {keys.Length}.", nameof(keys));
        }

        for (int i = 0, part = 0; i < keys.Length; i++, part = part + 1 == width ? 0 : part + 1)
        {
            var expected = Description.Keys[part];
            if (!keys[i].IsNull && keys[i].Kind != expected.Kind)
            {
                throw new ArgumentException(
                    $"Expected key '{expected.Name}' of feature service '{Description.Name}' version {Description.Version} to be of kind {expected.Kind}, but found {keys[i].Kind} in row {(i / width) + 1}.", nameof(keys));
            }
        }
    }
}
