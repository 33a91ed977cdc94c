using System.Text;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Definitions;

public sealed class VectorDefinitionTests
{
    // {"kind":"feature-view","name":"document","version":1,"keys":[{"name":"id","kind":"int64"}],"fields":[{"name":"embedding","type":"float32","length":3},
    // {"name":"title","type":"float32","length":2},{"name":"rank","type":"float32"}],"timeToLiveMicroseconds":0,"createdTime":"event-time"}, without the line break.
    private const string Pinned = "3f4a83be908ddcf48c9f7a102f45f0b35b7601ee01839b44b51a7f5eabcfef72";

    [Fact]
    public void FromRecord_ArraysAndMemory_AreFieldsWithTheirLength()
    {
        var view = FeatureViewDefinition.FromRecord<Document>();

        Assert.Equal([("embedding", 3), ("title", 2), ("rank", 1)], view.Fields.Select(f => (f.Name, f.Length)));
        Assert.All(view.Fields, f => Assert.Equal(FeatureType.Float32, f.Type));
        Assert.Equal(3, Assert.IsType<FixedSizeListType>(view.StoredSchema.GetFieldByName("embedding").DataType).ListSize);
        Assert.Equal(2, view.Document.FormatVersion);
    }

    [Fact]
    public void Fingerprint_Vectors_IsThatOfTheCanonicalJson()
    {
        const string json = """
            {"kind":"feature-view","name":"document","version":1,"keys":[{"name":"id","kind":"int64"}],"fields":[{"name":"embedding","type":"float32","length":3},{"name":"title","type":"float32","length":2},{"name":"rank","type":"float32"}],"timeToLiveMicroseconds":0,"createdTime":"event-time"}
            """;
        Assert.Equal(Pinned, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(json.Trim()))));
        Assert.Equal(Pinned, FeatureViewDefinition.FromRecord<Document>().Fingerprint);
        Assert.Equal(Pinned, Builder().Vector("embedding", 3).Vector("title", 2).Feature("rank", FeatureType.Float32).Build().Fingerprint);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_537)]
    public void Vector_LengthThatIsNotAllowed_IsASentence(int length)
    {
        var e = Assert.Throws<FeatureDefinitionException>(() => Builder().Vector("embedding", length));

        Assert.Equal($"Expected the vector 'embedding' of 'document' to have a length from 2 to 65536, but found {length}.", e.Message);
    }

    [Fact]
    public void FromRecord_VectorWithoutLength_IsASentence()
        => Assert.Equal(
            "Expected [Feature(Length = ...)] with the number of elements, 2 to 65536, on the vector 'NoLength.Embedding' of the feature view 'no_length', but found none.",
            Assert.Throws<FeatureDefinitionException>(FeatureViewDefinition.FromRecord<NoLength>).Message);

    [Fact]
    public void FromRecord_LengthOnANumber_IsASentence()
        => Assert.Equal(
            "Expected 'LengthOfNumber.Rank' of the feature view 'length_of_number' to be a float[] or ReadOnlyMemory<float>, because it has a length of 3, but found Single.",
            Assert.Throws<FeatureDefinitionException>(FeatureViewDefinition.FromRecord<LengthOfNumber>).Message);

    [Fact]
    public void FromRecord_ArrayOfAnotherType_IsASentence()
        => Assert.Equal(
            "Expected 'Doubles.Embedding' of the feature view 'doubles' to be a float, double, integer (not ulong), bool, string or vector (float[] or ReadOnlyMemory<float>), but found Double[].",
            Assert.Throws<FeatureDefinitionException>(FeatureViewDefinition.FromRecord<Doubles>).Message);

    [Fact]
    public void Build_LengthOfAnInteger_IsASentence()
    {
        var e = Assert.Throws<ArgumentException>(() => new FeatureRowLayout([new FeatureColumn("n", FeatureType.Int64, "v") { Length = 3 }]));

        Assert.Equal("Expected feature 'n' to have a length of 1, because only vectors of Float32 have another, but found 3 of type Int64. (Parameter 'columns')", e.Message);
    }

    [Fact]
    public void Save_AnotherLength_IsRefusedNamingBoth()
    {
        using var temp = new TempDirectory();
        var first = new FeaturesBuilder().Add(Builder().Vector("embedding", 3).Build()).Build();
        _ = FeatureStore.Open(temp.FullName, first);

        var e = Assert.Throws<DefinitionConflictException>(() => FeatureStore.Open(temp.FullName, new FeaturesBuilder().Add(Builder().Vector("embedding", 4).Build()).Build()));
        Assert.Contains("field 'embedding': stored Float32[3], found Float32[4]", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Save_ViewWithVector_IsFormatVersion2AndReadBack()
    {
        using var temp = new TempDirectory();
        var vectors = FeatureViewDefinition.FromRecord<Document>();
        var numbers = Builder().Feature("rank", FeatureType.Float32).Build();
        _ = FeatureStore.Open(temp.Combine("a"), new FeaturesBuilder().Add(vectors).Build());
        _ = FeatureStore.Open(temp.Combine("b"), new FeaturesBuilder().Add(numbers).Build());

        var (one, two) = (Read(temp.Combine("a")), Read(temp.Combine("b")));
        Assert.Contains("\"formatVersion\": 2", one, StringComparison.Ordinal);
        Assert.Contains("\"length\": 3", one, StringComparison.Ordinal);
        Assert.Contains("\"formatVersion\": 1", two, StringComparison.Ordinal);
        Assert.DoesNotContain("length", two, StringComparison.Ordinal);
        _ = FeatureStore.Open(temp.Combine("a"), new FeaturesBuilder().Add(vectors).Build());

        static string Read(string root) => File.ReadAllText(Directory.EnumerateFiles(root, "v1.json", SearchOption.AllDirectories).Single());
    }

    [Fact]
    public void OnDemand_VectorWithoutLength_IsASentence()
        => Assert.Equal(
            "Expected [Feature(Length = ...)] with the number of elements, 2 to 65536, on the vector 'Bare.Embedding' of the on-demand feature view 'x', but found none.",
            Assert.Throws<FeatureDefinitionException>(() => new OnDemandFeatureViewDefinition<Number, Bare>(_ => null!, "x")).Message);

    [Fact]
    public void RecordMap_PropertyThatIsNoVector_IsASentence()
    {
        var view = new FeatureViewBuilder("document").Key("id", EntityValueKind.Int64).EventTime("at").CreatedTimeEqualsEventTime().Vector("rank", 3).Build();

        Assert.Equal(
            "Expected 'Document.Rank' to be a float[] or ReadOnlyMemory<float> of 3 for column 'rank' of feature view 'document' version 1, but found Single.",
            Assert.Throws<FeatureDefinitionException>(() => new FeatureRecordMap<Document>(view)).Message);
    }

    private static FeatureViewBuilder Builder() => new FeatureViewBuilder("document").Key("id", EntityValueKind.Int64).EventTime("at").CreatedTimeEqualsEventTime();

    [FeatureView("no_length")]
    private sealed record NoLength([EntityKey] long Id, [EventTimestamp] DateTimeOffset At, [Feature] float[] Embedding);

    [FeatureView("length_of_number")]
    private sealed record LengthOfNumber([EntityKey] long Id, [EventTimestamp] DateTimeOffset At, [Feature(Length = 3)] float Rank);

    [FeatureView("doubles")]
    private sealed record Doubles([EntityKey] long Id, [EventTimestamp] DateTimeOffset At, [Feature(Length = 3)] double[] Embedding);

    private sealed record Number(double X);

    private sealed record Bare(float[] Embedding);
}
