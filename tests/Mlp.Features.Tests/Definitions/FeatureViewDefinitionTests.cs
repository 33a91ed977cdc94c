using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Definitions;

public sealed class FeatureViewDefinitionTests
{
    [Fact]
    public void FromRecord_AttributesOnPositionalParameters_AreRead()
    {
        var view = FeatureViewDefinition.FromRecord<CompanyStats>();

        Assert.Equal("company_stats", view.Name);
        Assert.Equal(2, view.Version);
        Assert.Equal([new KeyColumn("company", EntityValueKind.String), new KeyColumn("area", EntityValueKind.Int64)], view.Keys);
        Assert.Equal(
            [
                new FeatureField("trips", FeatureType.Int64, "Trips so far."),
                new FeatureField("mean_fare", FeatureType.Float32),
                new FeatureField("tip_share", FeatureType.Float64),
                new FeatureField("is_big", FeatureType.Boolean),
                new FeatureField("motto", FeatureType.String),
            ],
            view.Fields);
        Assert.Equal("event_timestamp", view.EventTimeColumn);
        Assert.Equal("created", view.CreatedTimeColumn);
        Assert.Equal(TimeSpan.FromDays(7), view.TimeToLive);
        Assert.Equal("taxi", view.Owner);
        Assert.Equal("What is known about a company.", view.Description);
        Assert.False(view.CreatedTimeEqualsEventTime);
    }

    [Fact]
    public void Build_SameAsAttributes_GivesSameFingerprint()
    {
        var built = new FeatureViewBuilder("company_stats", 2)
            .Key("company", EntityValueKind.String).Key("area", EntityValueKind.Int64)
            .EventTime("other")
            .Feature("trips", FeatureType.Int64).Feature("mean_fare", FeatureType.Float32).Feature("tip_share", FeatureType.Float64)
            .Feature("is_big", FeatureType.Boolean).Feature("motto", FeatureType.String)
            .CreatedTime("known_at").TimeToLive(TimeSpan.FromDays(7)).Owner("somebody else").Build();

        Assert.Equal(FeatureViewDefinition.FromRecord<CompanyStats>().Fingerprint, built.Fingerprint);
        Assert.Matches("^[0-9a-f]{64}$", built.Fingerprint);
    }

    [Fact]
    public void Build_NameThatIsNullOrTypeThatIsNone_IsASentence()
    {
        var builder = new FeatureViewBuilder(null!).Key("k", EntityValueKind.Int64).EventTime("t").Feature("f", FeatureType.Int64);
        Assert.Equal("Expected a name for the feature view, but found null.", Assert.Throws<FeatureDefinitionException>(builder.Build).Message);

        var e = Assert.Throws<FeatureDefinitionException>(() => new FeatureViewBuilder("v").Feature("f", (FeatureType)99));
        Assert.Equal("Expected a feature type for feature 'f' of view 'v', but found 99.", e.Message);
    }

    public static TheoryData<string, FeatureViewBuilder> Different => new()
    {
        { "order", Start().Feature("b", FeatureType.Int64).Feature("a", FeatureType.Float32) },
        { "type", Start().Feature("a", FeatureType.Float64).Feature("b", FeatureType.Int64) },
        { "name", Start().Feature("a2", FeatureType.Float32).Feature("b", FeatureType.Int64) },
        { "ttl", Start().Feature("a", FeatureType.Float32).Feature("b", FeatureType.Int64).TimeToLive(TimeSpan.FromMicroseconds(1)) },
        { "key", Start().Key("k2", EntityValueKind.Int64).Feature("a", FeatureType.Float32).Feature("b", FeatureType.Int64) },
    };

    [Theory]
    [MemberData(nameof(Different))]
    public void Fingerprint_OfChangedDefinition_Differs(string what, FeatureViewBuilder changed)
    {
        var original = Start().Feature("a", FeatureType.Float32).Feature("b", FeatureType.Int64).Build();
        Assert.True(original.Fingerprint != changed.Build().Fingerprint, what);
    }

    [Fact]
    public void StoredSchema_HasKeysTimesAndFields()
    {
        var schema = FeatureViewDefinition.FromRecord<CompanyStats>().StoredSchema;

        Assert.Equal(
            ["company", "area", "event_time", "created_time", "trips", "mean_fare", "tip_share", "is_big", "motto"], schema.FieldsList.Select(f => f.Name));
        Assert.Equal(
            [
                ArrowTypeId.String, ArrowTypeId.Int64, ArrowTypeId.Timestamp, ArrowTypeId.Timestamp, ArrowTypeId.Int64, ArrowTypeId.Float, ArrowTypeId.Double,
                ArrowTypeId.Boolean, ArrowTypeId.String,
            ],
            schema.FieldsList.Select(f => f.DataType.TypeId));
    }

    public static TheoryData<FeatureViewBuilder, string> Wrong => new()
    {
        { new FeatureViewBuilder("Big View").Key("k", EntityValueKind.Int64).EventTime("t").Feature("f", FeatureType.Int64), "found 'Big View'" },
        { new FeatureViewBuilder("../v").Key("k", EntityValueKind.Int64).EventTime("t").Feature("f", FeatureType.Int64), "found '../v'" },
        { new FeatureViewBuilder("v.").Key("k", EntityValueKind.Int64).EventTime("t").Feature("f", FeatureType.Int64), "found 'v.'" },
        { new FeatureViewBuilder(new string('v', 101)).Key("k", EntityValueKind.Int64).EventTime("t").Feature("f", FeatureType.Int64), "to be 1 to 100 lower-case letters" },
        { new FeatureViewBuilder("nul").Key("k", EntityValueKind.Int64).EventTime("t").Feature("f", FeatureType.Int64), "no device of Windows" },
        { new FeatureViewBuilder("com1.stats").Key("k", EntityValueKind.Int64).EventTime("t").Feature("f", FeatureType.Int64), "but found 'com1.stats'" },
        { new FeatureViewBuilder("v", 0).Key("k", EntityValueKind.Int64).EventTime("t").Feature("f", FeatureType.Int64), "to be 1 or more, but found 0" },
        { new FeatureViewBuilder("v").EventTime("t").Feature("f", FeatureType.Int64), "to have an entity key" },
        { new FeatureViewBuilder("v").Key("k", EntityValueKind.Int64).EventTime("t"), "to have a feature" },
        { new FeatureViewBuilder("v").Key("k", EntityValueKind.Int64).Feature("f", FeatureType.Int64), "event-time column" },
        { Start().Feature("f", FeatureType.Int64).Feature("F", FeatureType.Int64), "'F' occurs twice" },
        { Start().Feature("event_time", FeatureType.Int64), "found 'event_time'" },
        { Start().Feature("a__b", FeatureType.Int64), "found 'a__b'" },
        { Start().Feature("a b", FeatureType.Int64), "found 'a b'" },
        { Start().Feature("f", FeatureType.Int64).CreatedTime("c").CreatedTimeEqualsEventTime(), "found both" },
        { Start().Feature("f", FeatureType.Int64).TimeToLive(TimeSpan.FromSeconds(-1)), "negative" },
        { Start().Feature("f", FeatureType.Int64).TimeToLive(TimeSpan.FromTicks(-1)), "negative" },
        { Start().Feature("f", FeatureType.Int64).TimeToLive(TimeSpan.FromTicks(9)), "at least a microsecond, but it is shorter" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Build_WrongDefinition_SaysWhatIsExpected(FeatureViewBuilder builder, string sentence)
        => Assert.Contains(sentence, Assert.Throws<FeatureDefinitionException>(builder.Build).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("a")]
    [InlineData("0-taxi_stats.v2")]
    [InlineData("console")]
    [InlineData("com")]
    [InlineData("lpt12")]
    public void Build_NameThatEveryFolderCanHave_IsTaken(string name)
        => Assert.Equal(name, new FeatureViewBuilder(name).Key("k", EntityValueKind.Int64).EventTime("t").Feature("f", FeatureType.Int64).Build().Name);

    [Fact]
    public void FromRecord_FeatureOfUnknownType_NamesThePropertyAndTheTypes()
    {
        var e = Assert.Throws<FeatureDefinitionException>(FeatureViewDefinition.FromRecord<DecimalStats>);
        Assert.Equal(
            "Expected 'DecimalStats.Price' of the feature view 'decimals' to be a float, double, integer (not ulong), bool, string or vector (float[] or ReadOnlyMemory<float>), but found Decimal.", e.Message);
    }

    private static FeatureViewBuilder Start() => new FeatureViewBuilder("v").Key("k", EntityValueKind.String).EventTime("t");

    [FeatureView("decimals")]
    private sealed record DecimalStats([EntityKey] long Id, [EventTimestamp] DateTimeOffset At, [Feature] decimal Price);
}
