using FsCheck.Xunit;
using Mlp.Features.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Online;

/// <summary>Any history of pushes, checkpoints, reopenings and kills reads as brute force over all rows says.</summary>
public abstract class OnlineStoreProperties(long hotTierSize)
{
    public sealed class WithHotTier() : OnlineStoreProperties(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : OnlineStoreProperties(0);

    private const long Start = OnlineTestViews.Start;
    private const long TimeToLive = 6;
    private const int Entities = 4;

    [Property(MaxTest = 25)]
    public async Task ReadAsync_AnyHistory_EqualsBruteForce((byte Operation, byte Id, byte Event, byte Created)[] history)
    {
        await using var harness = new OnlineStoreHarness(timeToLive: TimeToLive, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        var rows = new List<(int Id, RowVersion Version, float Value)>();
        foreach (var (operation, id, eventTime, created) in history)
        {
            switch (operation % 12)
            {
                case 0:
                    harness.Advance(1 + (id % 3));
                    break;
                case 1:
                    await harness.Store.CheckpointAsync(default);
                    break;
                case 2:
                    await harness.KillAsync();
                    break;
                case 3:
                    await harness.ReopenAsync();
                    break;
                case 4:
                    await harness.Store.FoldAsync(1, default);
                    break;
                case 5:
                    await harness.PushAsync(null, harness.Now, harness.Now, 1);
                    break;
                default:
                    // Few times, so that ties, late rows, rows of the future and the edge of the time to live are common.
                    var version = new RowVersion(harness.Now + (eventTime % 12) - 8, harness.Now + (created % 5) - 2, rows.Count);
                    rows.Add((id % Entities, version, rows.Count));
                    await harness.PushAsync(id % Entities, version.EventTime, version.CreatedTime, rows.Count - 1);
                    break;
            }

            for (var entity = 0; entity < Entities; entity++)
            {
                Assert.Equal(Expected(rows, entity, harness.Now), await harness.ReadAsync(entity));
                Assert.Equal(Expected(rows, entity, harness.Now + 2), await harness.ReadAsync(entity, harness.Now + 2));
            }
        }

        await harness.ReopenAsync();
        Assert.Equal(rows.Count + history.Count(step => step.Operation % 12 == 5), harness.Offline.Rows.Count);
    }

    [Property(MaxTest = 25)]
    public async Task ReadAsync_RowsWithTimesOfTheirOwn_EqualSingleReads((byte Id, byte Event, byte Created)[] history, (byte Id, byte Time)[] questions, byte firstRow)
    {
        await using var harness = new OnlineStoreHarness(timeToLive: TimeToLive, hotTierSize: hotTierSize);
        await harness.OpenAsync();
        foreach (var (i, (id, eventTime, created)) in history.Index())
        {
            harness.Advance(id % 2);
            await harness.PushAsync(id % 5 == 4 ? null : id % Entities, harness.Now + (eventTime % 12) - 8, harness.Now + (created % 5) - 2, i);
        }

        // From before most rows to after the last one that waits; some entities are unknown, some null.
        EntityValue[] keys = [.. questions.Select(q => q.Id % 6 == 5 ? EntityValue.Null : EntityValue.FromInt64(q.Id % 6))];
        long[] times = [.. questions.Select(q => harness.Now + (q.Time % 24) - 12)];
        var first = firstRow % 4;
        var rows = new FeatureRows(harness.Description.Layout, first + questions.Length + 1);
        rows.Reset(rows.Capacity);

        await harness.Reader.ReadAsync(keys, times, rows, first, questions.Length);

        for (var i = 0; i < rows.RowCount; i++)
        {
            var isAsked = i >= first && i < first + questions.Length;
            var single = isAsked
                ? await harness.ReadAsync(keys[i - first].IsNull ? null : keys[i - first].AsInt64(), times[i - first])
                : (FeatureStatus.Missing, float.NaN, FeatureRows.NoEventTime);
            Assert.Equal(single, (rows.StatusOf(i)[0], rows.Float32Of(i)[0], rows.EventTimesOf(i)[0]));
            Assert.Equal(single.Item1, rows.StatusOf(i)[^1]);
        }
    }

    private static (FeatureStatus Status, float Value, long EventTime) Expected(List<(int Id, RowVersion Version, float Value)> rows, int entity, long asOf)
    {
        (RowVersion Version, float Value)? best = null;
        foreach (var (id, version, value) in rows)
        {
            if (id == entity && Visibility.IsVisible(version.EventTime, asOf) && Visibility.IsVisible(version.CreatedTime, asOf)
                && (best is null || Visibility.Supersedes(version, best.Value.Version)))
            {
                best = (version, value);
            }
        }

        return best is not { } row ? (FeatureStatus.Missing, float.NaN, FeatureRows.NoEventTime)
            : Visibility.IsExpired(row.Version.EventTime, asOf, TimeToLive) ? (FeatureStatus.Expired, float.NaN, row.Version.EventTime)
            : (FeatureStatus.Present, row.Value, row.Version.EventTime);
    }
}
