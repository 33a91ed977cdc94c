using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Features.Online;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Online;

/// <summary>An online store with one view, a clock and an offline store, that can be closed, killed and opened again.</summary>
internal sealed class OnlineStoreHarness : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private OnlineStore? _store;

    internal OnlineStoreHarness(OnlineStoreOptions? options = null, long timeToLive = 0, long hotTierSize = 0)
    {
        Options = options ?? OnlineTestViews.SmallOptions();
        Options.HotTierSize = hotTierSize;
        View = OnlineTestViews.Floats(4, timeToLive: timeToLive);
        var layout = OnlineTestViews.LayoutOf(View);
        Description = new FeatureServiceDescription("s", 1, new string('0', 64), View.Keys, layout);
        Reader = new OnlineFeatureServiceReader(Description, () => Store, () => [new OnlineServiceView(OnlineTestViews.PlanOf(View, layout), 0, [0])]);
        Clock.SetUtcNow(Microseconds.ToDateTimeOffset(OnlineTestViews.Start));
    }

    internal string Folder => _directory.Combine("online");

    internal FakeTimeProvider Clock { get; } = new();

    internal OnlineStoreOptions Options { get; }

    internal OnlineView View { get; }

    internal FeatureServiceDescription Description { get; }

    internal OnlineFeatureServiceReader Reader { get; }

    internal FakeOfflineTarget Offline { get; } = new();

    internal IDiskSync Disk { get; set; } = DiskSync.Instance;

    internal OnlineStore Store => _store ?? throw new InvalidOperationException("Not open.");

    internal long Now => Microseconds.FromRequestTime(Clock.GetUtcNow());

    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }

        _directory.Dispose();
    }

    internal async Task OpenAsync(string? folder = null)
    {
        _store = await OnlineStore.OpenAsync(folder ?? Folder, Options, _ => Offline, Disk, Clock, NullLogger.Instance);
        Assert.Equal(View.Id, _store.GetViewId(View.Name, View.Version, View.Fingerprint));
    }

    internal async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        await OpenAsync();
    }

    internal async Task KillAsync()
    {
        await Store.AbandonAsync();
        await OpenAsync();
    }

    internal void Advance(long microseconds) => Clock.Advance(TimeSpan.FromMicroseconds(microseconds));

    /// <summary>Pushes one row whose floats all have one value; null keys stand for no entity.</summary>
    internal Task PushAsync(long? id, long eventTime, long createdTime, float value, PushTargets targets = PushTargets.Online | PushTargets.Offline)
        => PushAsync([(id, eventTime, createdTime, value)], targets);

    internal async Task PushAsync((long? Id, long EventTime, long CreatedTime, float Value)[] rows, PushTargets targets = PushTargets.Online | PushTargets.Offline)
    {
        var frame = new ArrayBufferWriter<byte>();
        WriteAheadFrame.Begin(frame, View.Id, targets);
        foreach (var (id, eventTime, createdTime, value) in rows)
        {
            EntityValue[] key = [id];
            var bytes = new byte[OnlineView.GetMaximumKeyLength(key)];
            WriteAheadFrame.Add(frame, bytes.AsSpan(0, View.EncodeKey(key, bytes)), id is null, OnlineTestViews.FloatRow(View, new RowVersion(eventTime, createdTime, 0), value));
        }

        var payload = frame.WrittenSpan.ToArray();
        WriteAheadFrame.SetCount(payload, rows.Length);
        await Store.WriteAsync(payload, assignSequences: true, default);
    }

    /// <summary>Value and status of an entity; the event time too.</summary>
    internal async Task<(FeatureStatus Status, float Value, long EventTime)> ReadAsync(long? id, long? asOf = null)
    {
        var rows = new FeatureRows(Description.Layout, 1);
        await Reader.ReadAsync(new EntityValue[] { id }, asOf ?? Now, rows, 0, 1);
        Assert.Equal(-1, rows.StatusOf(0).IndexOfAnyExcept(rows.StatusOf(0)[0]));
        var value = rows.Float32Of(0)[0];
        Assert.All(rows.Float32Of(0).ToArray(), other => Assert.Equal(BitConverter.SingleToUInt32Bits(value), BitConverter.SingleToUInt32Bits(other)));
        return (rows.StatusOf(0)[0], value, rows.EventTimesOf(0)[0]);
    }
}
