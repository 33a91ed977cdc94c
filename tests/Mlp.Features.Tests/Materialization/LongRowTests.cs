using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Online;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Materialization;

/// <summary>Rows that fit on no page of the online store are refused where they come in; those that are there already do not keep the others from being served.</summary>
public sealed class LongRowTests
{
    // What a row of Note has besides its text: view id, part count, GUID and integer keys, row header, presence, visits, length of the text.
    private const int Fixed = 4 + 1 + 17 + 9 + 32 + 8 + 8 + 4;
    private const int Maximum = (1 << 16) - 128;

    private static readonly FeatureViewDefinition Wide = new FeatureViewBuilder("wide", 1)
        .Key("id", EntityValueKind.Int64).EventTime("at").CreatedTimeEqualsEventTime().Vector("embedding", 20_000).Build();

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder().Add<Note>().Add<Shop>().Add(Wide)
        .AddService("notes", 1, service => service.From<Note>())
        .Build();

    [FeatureView("note", CreatedTimeEqualsEventTime = true)]
    public sealed record Note([EntityKey] Guid NoteId, [EntityKey] long Site, [EventTimestamp] DateTimeOffset At, [Feature] int? Visits, [Feature] string? Country);

    [Theory]
    [InlineData(Maximum - Fixed, true)]
    [InlineData(Maximum - Fixed + 1, false)]
    public async Task PushAsync_TextThatJustFits_IsTakenAndOneByteMoreIsNot(int length, bool fits)
    {
        await using var harness = new FeatureStoreHarness(Catalog);
        await harness.OpenAsync();
        foreach (var target in Enum.GetValues<PushTarget>())
        {
            var push = harness.Store.PushAsync([Create(1, "a"), Create(2, new string('x', length))], target).AsTask();
            if (fits)
            {
                await push;
                continue;
            }

            var error = await Assert.ThrowsAsync<IngestException>(() => push);
            Assert.Equal(2, error.Row);
            Assert.Equal(
                $"Expected rows of at most {Maximum} bytes, key and features together, for feature view 'note' version 1, so that they fit on a page of the online store, but row 2 has {Maximum + 1}. Set PageSize higher before the store is first opened.",
                error.Message);
        }
    }

    [Theory]
    [InlineData(Maximum - Fixed, true)]
    [InlineData(Maximum - Fixed + 1, false)]
    public async Task IngestAsync_TextThatJustFits_IsTakenAndServedAndOneByteMoreIsNot(int length, bool fits)
    {
        await using var harness = new FeatureStoreHarness(Catalog);
        await harness.OpenAsync();

        // Two bytes of UTF-8 each.
        var text = new string('é', length / 2) + new string('x', length % 2);
        var ingest = IngestAsync(harness, Create(1, "a"), Create(2, text));
        if (!fits)
        {
            var error = await Assert.ThrowsAsync<IngestException>(() => ingest);
            Assert.Equal(2, error.Row);
            Assert.EndsWith($"but row 2 has {Maximum + 1}. Set PageSize higher before the store is first opened.", error.Message, StringComparison.Ordinal);
            Assert.Empty(harness.Store.Offline.Open(FeatureViewDefinition.FromRecord<Note>()).Commits());
            return;
        }

        await ingest;
        var result = await harness.Store.MaterializeAsync("note");
        Assert.Equal((2, 0), (result.RowCount, result.PassedOverRowCount));
        Assert.Equal(HealthStatus.Healthy, harness.Store.Online.CheckHealth().Status);
    }

    [Fact]
    public async Task IngestAsync_LongKeyOrVector_IsRefusedButNotWhereNoEntityIsMeant()
    {
        await using var harness = new FeatureStoreHarness(Catalog);
        await harness.OpenAsync();
        var at = harness.Clock.GetUtcNow();

        Assert.Equal(3, (await Assert.ThrowsAsync<IngestException>(() => harness.Store.IngestAsync([new Shop("a", at, at, 1), new Shop(null, at, at, 1), new Shop(new string('k', 70_000), at, at, 1)]))).Row);
        await Assert.ThrowsAsync<IngestException>(() => harness.Store.IngestAsync("wide", [new { Id = 1L, At = at, Embedding = new float[20_000] }]));
        Assert.Equal(1, (await harness.Store.IngestAsync("wide", [new { Id = (long?)null, At = at, Embedding = new float[20_000] }])).NullKeyRowCount);
    }

    [Fact]
    public async Task MaterializeAsync_LongRowsFromBefore_ArePassedOverCountedAndTold()
    {
        var warnings = new KeptWarnings();
        await using var harness = new FeatureStoreHarness(Catalog) { Loggers = warnings };
        harness.Options.Online.PageSize = 1 << 17;
        await harness.OpenAsync();
        await IngestAsync(harness, Create(1, "old"));
        await harness.Store.MaterializeAsync("note");
        await IngestAsync(harness, [.. Enumerable.Range(2, 50).Select(id => Create(id, "good"))]);
        await IngestAsync(harness, Create(60, "fine"), Create(61, new string('x', 100_000)), Create(1, new string('y', 90_000), seconds: 1));
        await harness.Store.Online.CloseAsync(default);
        Directory.Delete(Path.Combine(harness.Root, "features", "online"), recursive: true);
        harness.Options.Online.PageSize = 1 << 16;
        await harness.OpenAsync();
        harness.Clock.Advance(TimeSpan.FromMinutes(1));

        var result = await harness.Store.MaterializeAsync("note");

        Assert.Equal((1, 3, 51, 2), (result.FromCommit, result.ToCommit, result.RowCount, result.PassedOverRowCount));
        List<string?> expected = ["good", "fine", null, null];
        Assert.Equal(expected, (await Task.WhenAll(new[] { 2, 60, 61, 1 }.Select(id => CountryAsync(harness, id)))).ToList());
        Assert.Contains(warnings.Messages, message => message.Contains("2 of feature view 'note' version 1 are longer and were passed over, the first of them row ", StringComparison.Ordinal) && message.Contains(" of commit 3:", StringComparison.Ordinal));
        Assert.DoesNotContain(warnings.Messages, message => message.Contains("xxx", StringComparison.Ordinal));
        var health = harness.Store.Online.CheckHealth();
        Assert.Equal((HealthStatus.Degraded, "Materializations passed over 2 rows of 'note' version 1 that fit on no page of the online store."), (health.Status, health.Description));

        await IngestAsync(harness, Create(61, "shorter", seconds: 2));
        var later = await harness.Store.MaterializeAsync("note");
        Assert.Equal((1, 0), (later.RowCount, later.PassedOverRowCount));
        Assert.Equal("shorter", await CountryAsync(harness, 61));
        await harness.Store.ClearOnlineAsync("note");
        Assert.Equal(1, (await harness.Store.MaterializeAsync("note")).PassedOverRowCount);
        Assert.Contains("passed over 1 rows", harness.Store.Online.CheckHealth().Description, StringComparison.Ordinal);
    }

    private static Note Create(int id, string country, int seconds = 0)
        => new(new Guid(id, 0, 0, new byte[8]), 1, Microseconds.ToDateTimeOffset(OnlineTestViews.Start).AddSeconds(seconds), 1, country);

    private static Task<IngestResult> IngestAsync(FeatureStoreHarness harness, params Note[] notes) => harness.Store.IngestAsync(notes);

    private static async Task<string?> CountryAsync(FeatureStoreHarness harness, int id)
    {
        var rows = await harness.Store.ReadAsync("notes", new EntityValue[] { new Guid(id, 0, 0, new byte[8]), 1L });
        return rows.StatusOf(0)[1] == FeatureStatus.Present ? System.Text.Encoding.UTF8.GetString(rows.StringOf(0, 0)) : null;
    }
}
