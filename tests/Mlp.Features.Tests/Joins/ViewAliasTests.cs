using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.Features.Tests.Definitions;
using Mlp.Features.Tests.Materialization;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Joins;

/// <summary>One view taken twice by other keys: of the area of departure and of that of arrival.</summary>
public abstract class ViewAliasTests(long hotTierSize)
{
    public sealed class WithHotTier() : ViewAliasTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : ViewAliasTests(0);

    private static readonly FeatureCatalog Catalog = Builder()
        .AddService("rides", 1, s => s.From<AreaStats>().As("pickup").WithKeys(("area", "pickup_area")).From<AreaStats>().As("dropoff").WithKeys(("area", "dropoff_area")).From<AreaStats>())
        .Build();

    [Fact]
    public void Build_ViewThreeTimes_HasKeysColumnsAndViewsOfEach()
    {
        var service = Catalog.FindService("rides")!;

        Assert.Equal(["area", "dropoff_area", "pickup_area"], service.Description.Keys.Select(k => k.Name));
        Assert.Equal([new FeatureColumn("pickup_mean_fare", FeatureType.Float32, "pickup"), new("dropoff_mean_fare", FeatureType.Float32, "dropoff"), new("mean_fare", FeatureType.Float32, "area_stats")], service.Description.Layout.Columns);
        Assert.Equal(["pickup", "dropoff", "area_stats"], service.Description.Layout.Views);
        Assert.Equal(["pickup", "dropoff", "area_stats"], service.Views.Select(v => v.Name));
        Assert.Equal([[2], [1], [0]], service.Views.Select(v => v.KeyIndexes));
        Assert.Equal((2, 1), (service.Document.FormatVersion, Builder().AddService("s", 1, s => s.From<AreaStats>().As("p")).Build().Services[0].Document.FormatVersion));
    }

    // SHA-256 of JSON that was written by hand: as without an alias, and behind the view's fingerprint "alias":"pickup","keys":[{"name":"area","as":"pickup_area"}].
    [Fact]
    public void Fingerprint_ServiceWithAlias_IsPinned()
        => Assert.Equal(
            "90e7ac8013b892f4159a5b8ffa4ce9829a0b2e61d495249d8512fee2d063bffe",
            Builder().AddService("rides", 1, s => s.From<AreaStats>().As("pickup").WithKeys(("area", "pickup_area")).From<AreaStats>()).Build().Services[0].Fingerprint);

    [Fact]
    public async Task Join_AndOnlineRead_GiveEachViewByItsOwnKey()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        var now = harness.Clock.GetUtcNow();
        await harness.Store.PushAsync(Enumerable.Range(1, 3).Select(area => new AreaStats(area, now.AddSeconds((area - 1) * 60 / area - 69), area)).ToList());

        // Area 1 is 69 seconds old at the time of the question, and lives 60. Keys: area, drop-off, pick-up.
        var rows = await harness.Store.ReadAsync("rides", new EntityValue[] { 2, 3, 1, EntityValue.Null, 2, 9 }, now);
        Assert.Equal([3f, 2f], rows.Float32Of(0)[1..].ToArray());
        Assert.Equal([FeatureStatus.Expired, FeatureStatus.Present, FeatureStatus.Present], rows.StatusOf(0).ToArray());
        Assert.Equal([FeatureStatus.Missing, FeatureStatus.Present, FeatureStatus.Missing], rows.StatusOf(1).ToArray());

        using var set = await harness.Store.CreateTrainingSetAsync(
            "rides", [new Ride(2, 1, 3, now), new Ride(null, 9, 2, now)], "at", options: new() { Mode = JoinMode.CreatedTime });
        Assert.Equal([new FeatureViewCommit("area_stats", 1, Catalog.Views[0].Fingerprint, 1)], set.Manifest.Commits);
        await foreach (var batch in set.ReadAsync())
        {
            Assert.Equal([3, 0], Statuses(batch, "pickup"));
            Assert.Equal([1, 1], Statuses(batch, "dropoff"));
            Assert.Equal([1, 0], Statuses(batch, "area_stats"));
            Assert.Equal([null, null], Values(batch, "pickup_mean_fare"));
            Assert.Equal([3f, 2f], Values(batch, "dropoff_mean_fare"));
            Assert.Equal([2f, null], Values(batch, "mean_fare"));
        }

        Assert.True((await harness.Store.CheckLeakageAsync(set)).IsClean);
        using var again = await harness.Store.ReproduceAsync(set);
        Assert.Equal(set.Manifest.ContentHash, again.Manifest.ContentHash);

        await harness.ReopenAsync();
        var other = Builder().AddService("rides", 1, s => s.From<AreaStats>().As("pickup").WithKeys(("area", "from_area")).From<AreaStats>()).Build();
        var conflict = Assert.Throws<DefinitionConflictException>(() => new DefinitionStore(harness.Store.Directory).Save(other));
        Assert.Contains("view 'pickup': stored 'area_stats' version 1 with fingerprint 32380fce by 'area' as 'pickup_area', found 'area_stats' version 1 with fingerprint 32380fce by 'area' as 'from_area'", conflict.Message, StringComparison.Ordinal);
        Assert.Contains("view 'dropoff' is missing", conflict.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_WrongAlias_SaysWhatIsExpected()
    {
        Refused(s => s.From<AreaStats>().As("p").From<AreaStats>().As("d"), "Expected every view once in the feature service 's', but 'area_stats' is named twice. Name all of its features in one From; where they belong to other entities, each From has .As(prefix).WithKeys((key, name)).");
        Refused(s => s.From<AreaStats>().As("p").WithKeys(("area", "a")).From<AreaStats>().As("p").WithKeys(("area", "b")), "Expected every view once in the feature service 's', but 'p' is named twice.");
        Refused(s => s.From<AreaStats>().WithKeys(("area", "a")), "Expected .As(prefix) beside WithKeys in the feature service 's', because 'area_stats' is called by it then, but found none.");
        Refused(s => s.From<AreaStats>().As("p").WithKeys(("zone", "a")), "Expected WithKeys in the feature service 's' to name keys of 'area_stats' ('area'), but found 'zone'.");
        Refused(s => s.From<CompanyStats>().As("p").WithKeys(("area", "a"), ("company", "A")), "Expected WithKeys in the feature service 's' to give every key of 'company_stats' one name of its own, but it does not.");
        Refused(s => s.From<TripFeatures>().As("p").WithKeys(("area", "a")), "Expected WithKeys in the feature service 's' behind a stored view, but 'trip_features' is an on-demand view, which has no keys.");
        Refused(s => s.From<AreaStats>().As("p").WithKeys(("area", "a__b")), "Expected 's' to leave the names");
        Assert.Throws<InvalidOperationException>(() => Builder().AddService("s", 1, s => s.WithKeys(("area", "a"))));
    }

    private static FeaturesBuilder Builder() => new FeaturesBuilder().Add<AreaStats>().Add<CompanyStats>().AddOnDemand<TripRequest, TripFeatures>(TripFeatures.From);

    private static void Refused(Action<FeatureServiceBuilder> configure, string sentence)
        => Assert.StartsWith(sentence, Assert.Throws<FeatureDefinitionException>(() => Builder().AddService("s", 1, configure).Build()).Message, StringComparison.Ordinal);

    private static byte[] Statuses(RecordBatch batch, string view) => ((UInt8Array)batch.Column(TrainingSetColumns.StatusOf(view))).Values.ToArray();

    private static float?[] Values(RecordBatch batch, string column) => [.. Enumerable.Range(0, batch.Length).Select(((FloatArray)batch.Column(column)).GetValue)];

    private sealed record Ride(long? Area, long PickupArea, long DropoffArea, DateTimeOffset At);
}
