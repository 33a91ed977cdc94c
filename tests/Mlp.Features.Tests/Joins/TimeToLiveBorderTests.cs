using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.Features.Tests.Materialization;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Joins;

/// <summary>
/// One row with a vector, asked for at its borders (event time, created time, end of its life, each a microsecond and a tick of 100 ns around) by every way to ask: a join by event time and by created time, by two aliases
/// at once, the last values, a range, and the online store.
/// </summary>
public sealed class TimeToLiveBorderTests : IAsyncLifetime, IAsyncDisposable
{
    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Page>().Add<Tick>()
        .AddService("pages", 1, s => s.From<Page>().As("left").WithKeys(("id", "left_id")).From<Page>().As("right").WithKeys(("id", "right_id")))
        .AddService("one_page", 1, s => s.From<Page>()).AddService("clocks", 1, s => s.From<Tick>())
        .Build();

    private readonly FeatureStoreHarness _harness = new(Catalog);
    private DateTimeOffset _event;

    private FeatureStore Store => _harness.Store;

    public async Task InitializeAsync()
    {
        await _harness.OpenAsync();
        _event = _harness.Clock.GetUtcNow();
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    // Ticks of 100 ns after the event; a question is rounded down to the microsecond. The row is known 3 microseconds after it is true.
    [Theory]
    [InlineData(-1, FeatureStatus.Missing, FeatureStatus.Missing)]
    [InlineData(0, FeatureStatus.Present, FeatureStatus.Missing)]
    [InlineData(29, FeatureStatus.Present, FeatureStatus.Missing)]
    [InlineData(30, FeatureStatus.Present, FeatureStatus.Present)]
    [InlineData(100, FeatureStatus.Present, FeatureStatus.Present)]
    [InlineData(109, FeatureStatus.Present, FeatureStatus.Present)]
    [InlineData(110, FeatureStatus.Expired, FeatureStatus.Expired)]
    public async Task Ask_AtABorder_EveryWayGivesTheSameStatus(int ticks, FeatureStatus byEvent, FeatureStatus byCreated)
    {
        await PushAsync(known: 3);
        var asked = _event.AddTicks(ticks);
        Assert.Equal(byEvent, await JoinAsync(asked, JoinMode.EventTime));
        Assert.Equal(byCreated, await JoinAsync(asked, JoinMode.CreatedTime));
        Assert.Equal(byEvent, await LastAsync(asked, JoinMode.EventTime));
        Assert.Equal(byCreated, await LastAsync(asked, JoinMode.CreatedTime));
        _harness.Clock.SetUtcNow(asked < _event ? _event : asked);
        Assert.Equal(byCreated, Status(await Store.ReadAsync("one_page", new EntityValue[] { 1L }, asked)));
    }

    // A feature time is rounded up: 0.1 microseconds late is a microsecond late, and so is its end of life.
    [Theory]
    [InlineData(0, FeatureStatus.Missing)]
    [InlineData(9, FeatureStatus.Missing)]
    [InlineData(10, FeatureStatus.Present)]
    [InlineData(119, FeatureStatus.Present)]
    [InlineData(120, FeatureStatus.Expired)]
    public async Task Ask_RowBelowAMicrosecond_IsSeenFromTheNextOneOn(int ticks, FeatureStatus expected)
    {
        await Store.PushAsync(new Page(1, _event.AddTicks(1), _event.AddTicks(1), [1, 2]));
        _harness.Clock.Advance(TimeSpan.FromSeconds(1));
        var asked = _event.AddTicks(ticks);
        Assert.Equal(expected, await JoinAsync(asked, JoinMode.EventTime));
        Assert.Equal(expected, await JoinAsync(asked, JoinMode.CreatedTime));
        Assert.Equal(expected, await LastAsync(asked, JoinMode.CreatedTime));
    }

    [Fact]
    public async Task ReadRange_BordersOfTheRange_FirstCountsAndLastDoesNot()
    {
        await PushAsync(known: 0);
        Assert.Equal(1, await CountAsync(_event, _event.AddMicroseconds(1)));
        Assert.Equal(0, await CountAsync(_event.AddMicroseconds(-5), _event));
        Assert.Equal(0, await CountAsync(_event.AddMicroseconds(1), _event.AddMicroseconds(5)));

        // Borders are rounded up as event times are: what is true at 0.1 microseconds lies at 1.
        Assert.Equal(0, await CountAsync(_event.AddTicks(1), _event.AddTicks(12)));
        Assert.Equal(1, await CountAsync(_event.AddTicks(-9), _event.AddTicks(1)));

        async Task<int> CountAsync(DateTimeOffset from, DateTimeOffset to)
        {
            var count = 0;
            await foreach (var batch in Store.ReadRangeAsync("page", from, to))
            {
                count += batch.Length;
            }

            return count;
        }
    }

    /// <summary>The night in which Berlin's clocks go back has the hour from two to three twice, the one in spring has none: times with an offset are instants, and order by them.</summary>
    [Theory]
    [InlineData("2025-10-26T02:30:00+02:00", "2025-10-26T02:10:00+01:00")]
    [InlineData("2025-10-26T02:59:59.999999+02:00", "2025-10-26T02:00:00+01:00")]
    [InlineData("2026-03-29T01:59:59.999999+01:00", "2026-03-29T03:00:00+02:00")]
    public async Task Join_NightOfAClockChange_GoesByInstants(string earlier, string later)
    {
        var (first, second) = (Parse(earlier), Parse(later));
        Assert.True(first < second);
        await Store.IngestAsync<Tick>([new Tick(1, second, 2), new Tick(1, first, 1)]);
        Asked[] asked = [new(1, first), new(1, second.AddMicroseconds(-1)), new(1, second), new(1, second.ToOffset(TimeSpan.FromHours(-9))), new(1, first.AddMicroseconds(-1).ToOffset(TimeSpan.FromHours(14)))];
        foreach (var mode in new[] { JoinMode.EventTime, JoinMode.CreatedTime })
        {
            using var set = await Store.CreateTrainingSetAsync("clocks", asked, "at", options: new TrainingSetOptions { Mode = mode });
            await foreach (var batch in set.ReadAsync())
            {
                Assert.Equal([1L, 1, 2, 2, null], Enumerable.Range(0, batch.Length).Select(((Int64Array)batch.Column("hand")).GetValue));
            }
        }

        static DateTimeOffset Parse(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }

    private async Task PushAsync(int known) => await Store.PushAsync(new Page(1, _event, _event.AddMicroseconds(known), [1, 2]));

    private async Task<FeatureStatus> JoinAsync(DateTimeOffset asked, JoinMode mode)
    {
        using var set = await Store.CreateTrainingSetAsync("pages", [new Pair(1, 2, asked), new Pair(2, 1, asked)], "at", options: new TrainingSetOptions { Mode = mode });
        await foreach (var batch in set.ReadAsync())
        {
            var (left, right) = (((UInt8Array)batch.Column("left__status")).Values.ToArray(), ((UInt8Array)batch.Column("right__status")).Values.ToArray());
            Assert.Equal([left[0], 0], left);
            Assert.Equal([0, left[0]], right);
            var vector = VectorColumn.TryCreate(batch.Column("left_embedding"))!;
            Assert.Equal(left[0] != 1, vector.IsNull(0));
            Assert.Equal(left[0] == 1 ? [1f, 2] : [], left[0] == 1 ? vector.ValuesOf(0).ToArray() : []);
            return (FeatureStatus)left[0];
        }

        throw new InvalidOperationException("No rows.");
    }

    private async Task<FeatureStatus> LastAsync(DateTimeOffset asked, JoinMode mode)
    {
        await foreach (var batch in Store.ReadHistoryAsync("page", [new { Id = 1L }], new FeatureHistoryOptions { Count = 3, AsOf = asked, Mode = mode }))
        {
            if (batch.Length > 0)
            {
                return (FeatureStatus)((UInt8Array)batch.Column(HistoryColumns.Status)).Values[0];
            }
        }

        return FeatureStatus.Missing;
    }

    private static FeatureStatus Status(FeatureRows rows) => rows.StatusOf(0)[0];

    [FeatureView("page", TimeToLive = "00:00:00.000010")]
    private sealed record Page([EntityKey] long Id, [EventTimestamp] DateTimeOffset At, [CreatedTimestamp] DateTimeOffset KnownAt, [Feature(Length = 2)] float[] Embedding);

    [FeatureView("clock", CreatedTimeEqualsEventTime = true)]
    private sealed record Tick([EntityKey] long Id, [EventTimestamp] DateTimeOffset At, [Feature] long Hand);

    private sealed record Pair(long LeftId, long RightId, DateTimeOffset At);

    private sealed record Asked(long Id, DateTimeOffset At);
}
