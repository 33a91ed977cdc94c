using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Tests.Materialization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Definitions;

/// <summary>What is said of definitions that do not fit: which word is wrong, and what there is.</summary>
public sealed class DefinitionSentenceTests : IDisposable
{
    private static readonly FeatureViewDefinition First = View(1, ("fare", FeatureType.Float64));

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void AddService_FeatureTwice_IsNamed()
        => Assert.Equal(
            "Expected every feature once in the feature service 's', but 'fare' of 'trips' is named twice.",
            Assert.Throws<FeatureDefinitionException>(() => new FeaturesBuilder().Add(First).AddService("s", 1, s => s.From("trips", 1, "fare", "fare")).Build()).Message);

    [Fact]
    public void AddService_TwoPartsOfOneView_SaysToNameThemTogether()
        => Assert.Equal(
            "Expected every view once in the feature service 's', but 'trips' is named twice. Name all of its features in one From; where they belong to other entities, each From has .As(prefix).WithKeys((key, name)).",
            Assert.Throws<FeatureDefinitionException>(() => new FeaturesBuilder().Add(First).AddService("s", 1, s => s.From("trips", 1, "fare").As("p").From("trips", 1, "fare").As("q")).Build()).Message);

    [Theory]
    [InlineData("nope", "cost", "Expected a key or feature 'nope' of feature view 'trips' version 1 for the renaming to 'cost', but it has 'id', 'fare'.")]
    [InlineData("fare", "nope", "Expected a key or feature 'nope' of feature view 'trips' version 2 for the renaming of 'fare', but it has 'id', 'cost'.")]
    public void Renamed_UnknownColumn_NamesItAndWhatThereIs(string from, string to, string sentence)
    {
        Open(new FeaturesBuilder().Add(First));

        var error = Assert.Throws<FeatureDefinitionException>(() => Open(new FeaturesBuilder().Add(View(2, ("cost", FeatureType.Float64)), v => v.EvolvesFrom(1).Renamed(from, to))));

        Assert.Equal(sentence, error.Message);
    }

    [Fact]
    public void EvolvesFrom_OtherType_NamesTypesAsElsewhere()
    {
        Open(new FeaturesBuilder().Add(First));

        var error = Assert.Throws<FeatureDefinitionException>(() => Open(new FeaturesBuilder().Add(View(2, ("fare", FeatureType.Int64)), v => v.EvolvesFrom(1))));

        Assert.Contains("to have the type that 'fare' has in version 1 (Float64), or to widen a Float32 to a Float64, but it is Int64:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EvolvesFrom_VersionThatNeverWas_WarnsOnce()
    {
        var warnings = new KeptWarnings();
        var store = Open(new FeaturesBuilder().Add(View(4, ("fare", FeatureType.Int64)), v => v.EvolvesFrom(3)), warnings);
        Assert.Equal(0, (await store.AdoptAsync("trips")).RowCount);

        Assert.Equal(
            ["Expected version 3 of feature view 'trips', from which version 4 evolves, to be defined or to have been used with this data directory, but it is not known here: version 4 begins without rows."],
            warnings.Messages);
    }

    private static FeatureViewDefinition View(int version, (string Name, FeatureType Type) feature)
        => new FeatureViewBuilder("trips", version).Key("id", EntityValueKind.Int64).EventTime("t").CreatedTimeEqualsEventTime().Feature(feature.Name, feature.Type).Build();

    private FeatureStore Open(FeaturesBuilder builder, KeptWarnings? warnings = null) => FeatureStore.Open(_directory.Combine("data"), builder.Build(), MlPlatformMode.Owner, loggers: warnings);
}
