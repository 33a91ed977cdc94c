using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Definitions;

/// <summary>Fingerprints stand in every file, so they never change. The expected ones are SHA-256 of JSON that was written by hand.</summary>
public sealed class FingerprintTests
{
    // {"kind":"feature-view","name":"area_stats","version":1,"keys":[{"name":"area","kind":"int64"}],"fields":[{"name":"mean_fare","type":"float32"}],
    // "timeToLiveMicroseconds":60000000,"createdTime":"event-time"}, without the line break.
    [Fact]
    public void Fingerprint_ViewKnownAtItsEventTime_IsPinned()
        => Assert.Equal("32380fceff5634cb541df45ac9e572cff267b2c33e4ee6785df8a203558b429d", FeatureViewDefinition.FromRecord<AreaStats>().Fingerprint);

    [Fact]
    public void Fingerprint_ViewWithCreatedColumnAndEveryType_IsPinned()
        => Assert.Equal("33f6fb476a73fecb0ddcd5602d18e4fe1572e5f7e85a9d518136b2e6d115913f", FeatureViewDefinition.FromRecord<CompanyStats>().Fingerprint);

    [Fact]
    public void Fingerprint_ViewKnownWhenPushedWithGuidKey_IsPinned()
        => Assert.Equal("50ad381a1ce3c8460ef7f3bd83e5286bb4b0bbfd00464fe28312c7534d00ffac", View().Build().Fingerprint);

    // {"kind":"on-demand-feature-view","name":"trip_features","version":1,"request":[{"name":"fare","type":"float32"},...],"fields":[...]}
    [Fact]
    public void Fingerprint_OnDemandView_IsPinned()
        => Assert.Equal("ed2e131f76b96e9086df8e2e7f1afef976028801886d40b748d08451ad57c298", Catalog().OnDemandViews[0].Fingerprint);

    // {"kind":"feature-service","name":"tips","version":1,"views":[{"name":"area_stats","version":1,"fingerprint":"...","columns":[{"name":"mean_fare","field":"mean_fare"}]},...]}
    [Fact]
    public void Fingerprint_Service_IsPinned()
        => Assert.Equal("933a86dacdfa752e6251727acd9b6fbf96d7c3b157ded2951a7b66b177b4ebe8", Catalog().Services[0].Fingerprint);

    [Fact]
    public void Fingerprint_CreatedTimeFromElsewhere_Differs()
    {
        FeatureViewBuilder[] rules = [View(), View().CreatedTime("c"), View().CreatedTimeEqualsEventTime()];
        Assert.Equal(3, rules.Select(r => r.Build().Fingerprint).Distinct().Count());

        // Which column of the source it is does not change what is stored.
        Assert.Equal(rules[1].Build().Fingerprint, View().CreatedTime("other").Build().Fingerprint);
    }

    private static FeatureViewBuilder View() => new FeatureViewBuilder("v").Key("k", EntityValueKind.Guid).EventTime("t").Feature("f", FeatureType.Int64);

    private static FeatureCatalog Catalog() => new FeaturesBuilder().Add<AreaStats>().AddOnDemand<TripRequest, TripFeatures>(TripFeatures.From)
        .AddService("tips", 1, s => s.From<AreaStats>().From("trip_features", 1, "payment").As("t")).Build();
}
