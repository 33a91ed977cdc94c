using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Definitions;

public sealed class FeatureServiceTests
{
    [Fact]
    public void Build_ViewsAndOnDemand_GivesKeysAndLayout()
    {
        var catalog = Views().AddService("tips", 1, s => s.From<CompanyStats>().From<TripFeatures>().From<AreaStats>().As("area")).Build();
        var service = catalog.FindService("tips")!;

        Assert.Equal([new KeyColumn("area", EntityValueKind.Int64), new KeyColumn("company", EntityValueKind.String)], service.Description.Keys);
        Assert.Equal(
            ["trips", "mean_fare", "tip_share", "is_big", "motto", "fare_per_hour", "is_night", "payment", "maybe_fare", "area_mean_fare"],
            service.Description.Layout.Columns.Select(c => c.Name));
        Assert.Equal(["company_stats", "trip_features", "area_stats"], service.Description.Layout.Views);
        Assert.Equal([1, 0], service.Views[0].KeyIndexes);
        Assert.Empty(service.Views[1].KeyIndexes);
        Assert.Equal([0], service.Views[2].KeyIndexes);
        Assert.Equal([new FeatureServiceColumn(0, 9)], service.Views[2].Columns);
        Assert.Equal(["fare", "hour", "payment_type"], catalog.OnDemandViews[0].RequestFields.Select(f => f.Name));
    }

    [Fact]
    public void Build_ViewsInAnotherOrder_GivesTheSameKeysInOrdinalOrder()
    {
        // Ordinal: an upper-case letter comes before every lower-case one.
        FeatureViewDefinition View(string name, params string[] keys)
        {
            var builder = new FeatureViewBuilder(name).EventTime("t").Feature(name + "_f", FeatureType.Int64);
            return keys.Aggregate(builder, (b, key) => b.Key(key, EntityValueKind.Int64)).Build();
        }

        FeaturesBuilder Builder() => new FeaturesBuilder().Add(View("v", "zone", "b")).Add(View("w", "a", "Zone2", "zone"));
        var one = Builder().AddService("s", 1, s => s.From("v", 1).From("w", 1)).Build().FindService("s")!;
        var other = Builder().AddService("s", 1, s => s.From("w", 1).From("v", 1)).Build().FindService("s")!;

        Assert.Equal(["Zone2", "a", "b", "zone"], one.Description.Keys.Select(k => k.Name));
        Assert.Equal(one.Description.Keys, other.Description.Keys);
        Assert.Equal([3, 2], one.Views[0].KeyIndexes);
        Assert.Equal([1, 0, 3], one.Views[1].KeyIndexes);
        Assert.Equal(["zone", "b"], one.Views[0].View!.Keys.Select(k => k.Name));
    }

    [Fact]
    public void Build_ListsThatItHandsOut_CannotBeChanged()
    {
        var catalog = Views().AddService("tips", 1, s => s.From<CompanyStats>().From<TripFeatures>()).Build();
        var service = catalog.FindService("tips")!;

        Assert.All(
            new System.Collections.IList[]
            {
                (System.Collections.IList)catalog.Views, (System.Collections.IList)catalog.OnDemandViews, (System.Collections.IList)catalog.Services, (System.Collections.IList)service.Views,
                (System.Collections.IList)service.Description.Keys, (System.Collections.IList)service.Description.Layout.Columns, (System.Collections.IList)service.Description.Layout.Views,
                (System.Collections.IList)service.Views[0].View!.Keys, (System.Collections.IList)service.Views[0].Fields,
            },
            list => Assert.True(list.IsReadOnly));
    }

    [Fact]
    public void Build_FieldSubset_TakesThemInTheOrderAsked()
    {
        var service = Views().AddService("tips", 1, s => s.From("company_stats", 2, "motto", "trips")).Build().FindService("tips")!;

        Assert.Equal(["motto", "trips"], service.Description.Layout.Columns.Select(c => c.Name));
        Assert.Equal([new FeatureServiceColumn(4, 0), new FeatureServiceColumn(0, 1)], service.Views[0].Columns);
    }

    [Fact]
    public void Fingerprint_ChangesWithOrderOfColumns()
    {
        var a = Views().AddService("s", 1, s => s.From("company_stats", 2, "motto", "trips")).Build().FindService("s")!;
        var b = Views().AddService("s", 1, s => s.From("company_stats", 2, "trips", "motto")).Build().FindService("s")!;
        var same = Views().AddService("s", 1, s => s.From("company_stats", 2, "trips", "motto")).Build().FindService("s")!;

        Assert.NotEqual(a.Fingerprint, b.Fingerprint);
        Assert.Equal(b.Fingerprint, same.Fingerprint);
        Assert.Equal(b.Fingerprint, b.Description.Fingerprint);
    }

    [Fact]
    public void Build_SameFeatureNameInTwoViews_TellsToGiveAPrefix()
        => Refused(
            b => b.AddService("tips", 1, s => s.From<CompanyStats>().From<AreaStats>()),
            "Expected feature names to be unique in the feature service 'tips', but 'mean_fare' comes from 'company_stats' and from 'area_stats'. Give one of them a prefix by .As(prefix).");

    [Fact]
    public void Build_UnknownFeature_NamesTheKnownOnes()
        => Refused(
            b => b.AddService("tips", 1, s => s.From<AreaStats>("speed")),
            "Expected the features that the feature service 'tips' takes from 'area_stats' to be among 'mean_fare', but found 'speed'.");

    [Fact]
    public void Build_UnknownView_NamesTheKnownOnes()
        => Refused(
            b => b.AddService("tips", 1, s => s.From("company_stats", 1)),
            "Expected the feature service 'tips' to name known views, but 'company_stats' version 1 is not among 'company_stats' version 2, 'area_stats' version 1, 'trip_features' version 1.");

    [Fact]
    public void Add_ViewTwice_IsRefused()
        => Refused(b => b.Add<AreaStats>(), "Expected every feature view once per version, but 'area_stats' version 1 is added twice.");

    [Fact]
    public void AddService_NameOfAView_IsRefused()
        => Refused(
            b => b.AddService("area_stats", 1, s => s.From<AreaStats>()), "Expected 'area_stats' to name one kind of definition, but it is a feature view and a feature service.");

    [Fact]
    public void Build_KeyOfTwoKinds_IsRefused()
        => Refused(
            b => b.Add(new FeatureViewBuilder("v").Key("area", EntityValueKind.String).EventTime("t").Feature("f", FeatureType.Int64).Build())
                .AddService("tips", 1, s => s.From<AreaStats>().From("v", 1)),
            "Expected one meaning per key in the feature service 'tips', but 'area' of 'v' is String and 'area' of another view is Int64.");

    [Fact]
    public void Build_KeysThatDifferByCase_AreRefused()
        => Refused(
            b => b.Add(new FeatureViewBuilder("v").Key("Area", EntityValueKind.Int64).EventTime("t").Feature("f", FeatureType.Int64).Build())
                .AddService("tips", 1, s => s.From<AreaStats>().From("v", 1)),
            "Expected one spelling per key in the feature service 'tips', but 'Area' of 'v' and 'area' of another view differ only by case.");

    [Fact]
    public void Build_FeatureWithTheNameOfAKey_IsRefused()
        => Refused(
            b => b.Add(new FeatureViewBuilder("v").Key("k", EntityValueKind.Int64).EventTime("t").Feature("AREA", FeatureType.Int64).Build())
                .AddService("tips", 1, s => s.From<AreaStats>().From("v", 1)),
            "Expected features and keys to have different names without regard to case in the feature service 'tips', but key 'area' and feature 'AREA' of 'v' do not. Give the features of the view a prefix by .As(prefix).");

    [Fact]
    public void Build_RequestFieldThatDiffersFromAKeyByCase_IsRefused()
        => Refused(
            b => b.Add(new FeatureViewBuilder("v").Key("Hour", EntityValueKind.Int64).EventTime("t").Feature("f", FeatureType.Int64).Build())
                .AddService("tips", 1, s => s.From<TripFeatures>().From("v", 1)),
            "Expected one spelling per column in the feature service 'tips', but 'Hour' and the request field 'hour' differ only by case.");

    private static FeaturesBuilder Views() => new FeaturesBuilder().Add<CompanyStats>().Add<AreaStats>().AddOnDemand<TripRequest, TripFeatures>(TripFeatures.From);

    private static void Refused(Action<FeaturesBuilder> configure, string sentence)
    {
        var builder = Views();
        var e = Assert.Throws<FeatureDefinitionException>(() =>
        {
            configure(builder);
            builder.Build();
        });
        Assert.Equal(sentence, e.Message);
    }
}
