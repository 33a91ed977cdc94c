using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Definitions;

public sealed class DefinitionStoreTests : IDisposable
{
    private readonly TempDirectory _temp = new();

    private DefinitionStore Store => new(new DataDirectory(_temp.FullName, MlPlatformMode.Owner));

    [Fact]
    public void Save_TwiceTheSame_KeepsTheFirstFile()
    {
        Store.Save(Catalog(View(FeatureType.Float32)));
        var path = _temp.Combine("features", "definitions", "v", "v1.json");
        var first = File.ReadAllBytes(path);

        Store.Save(Catalog(View(FeatureType.Float32, description: "said otherwise")));
        Assert.Equal(first, File.ReadAllBytes(path));
        Assert.True(File.Exists(_temp.Combine("features", "definitions", "s", "v3.json")));
        Assert.True(File.Exists(_temp.Combine("features", "definitions", "trip_features", "v1.json")));
    }

    [Fact]
    public void Save_AnotherFingerprintUnderTheVersion_NamesTheFields()
    {
        Store.Save(Catalog(View(FeatureType.Float32)));
        var changed = new FeatureViewBuilder("v").Key("k", EntityValueKind.Int64).EventTime("t")
            .Feature("b", FeatureType.Int64).Feature("a", FeatureType.Float64).Feature("c", FeatureType.Boolean).TimeToLive(TimeSpan.FromHours(1)).CreatedTimeEqualsEventTime().Build();

        var e = Assert.Throws<DefinitionConflictException>(() => Store.Save(Catalog(changed)));
        Assert.Equal(
            ["key 'k': stored String, found Int64", "field 'a': stored Float32, found Float64", "field 'c' is new", "time to live: stored none, found 01:00:00", "created time: stored push-time, found event-time"],
            e.Differences);
        Assert.Contains("Raise the version", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_ReaderWithAnotherOrder_IsRefusedAndWritesNothing()
    {
        Store.Check(Catalog(View(FeatureType.Float32)));
        Assert.Empty(Directory.GetFileSystemEntries(_temp.FullName));

        Store.Save(Catalog(View(FeatureType.Float32)));
        var changed = new FeatureViewBuilder("v").Key("k", EntityValueKind.String).EventTime("t").Feature("b", FeatureType.Int64).Feature("a", FeatureType.Float32).Build();
        Assert.Equal(["the order of each field"], Assert.Throws<DefinitionConflictException>(() => Store.Check(Catalog(changed))).Differences);
    }

    [Fact]
    public void FindView_Stored_ComesBackWhole()
    {
        var view = FeatureViewDefinition.FromRecord<CompanyStats>();
        Store.Save(new FeaturesBuilder().Add(view).Build());

        var found = Store.FindView("company_stats", 2)!;
        Assert.Equal(view.Fingerprint, found.Fingerprint);
        Assert.Equal(view.Fields, found.Fields);
        Assert.Equal("created", found.CreatedTimeColumn);
        Assert.Equal(view.TimeToLive, found.TimeToLive);
        Assert.Null(Store.FindView("company_stats", 3));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"kind\":\"x\",\"name\":\"v\",\"version\":1,\"format\":\"other\"}")]
    public void Save_OverADamagedFile_SaysSo(string content)
    {
        Store.Save(Catalog(View(FeatureType.Float32)));
        File.WriteAllText(_temp.Combine("features", "definitions", "v", "v1.json"), content);

        Assert.Throws<CorruptFileException>(() => Store.Save(Catalog(View(FeatureType.Float32))));
    }

    [Fact]
    public void Save_OverAChangedFile_SaysSo()
    {
        Store.Save(Catalog(View(FeatureType.Float32)));
        var path = _temp.Combine("features", "definitions", "v", "v1.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("float32", "float64", StringComparison.Ordinal));

        Assert.Throws<CorruptFileException>(() => Store.Save(Catalog(View(FeatureType.Float64))));
    }

    [Fact]
    public void Save_OverANewerFormat_IsRefused()
    {
        Store.Save(Catalog(View(FeatureType.Float32)));
        var path = _temp.Combine("features", "definitions", "v", "v1.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"formatVersion\": 1", "\"formatVersion\": 4", StringComparison.Ordinal));

        Assert.Equal(4, Assert.Throws<UnsupportedFormatVersionException>(() => Store.Save(Catalog(View(FeatureType.Float32)))).Found);
    }

    public void Dispose() => _temp.Dispose();

    private static FeatureViewDefinition View(FeatureType type, string description = "")
        => new FeatureViewBuilder("v").Key("k", EntityValueKind.String).EventTime("t").Feature("a", type).Feature("b", FeatureType.Int64).Description(description).Build();

    private static FeatureCatalog Catalog(FeatureViewDefinition view)
        => new FeaturesBuilder().Add(view).AddOnDemand<TripRequest, TripFeatures>(TripFeatures.From).AddService("s", 3, s => s.From("v", 1)).Build();
}
