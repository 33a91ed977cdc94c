using System.Text;
using System.Text.Json.Nodes;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Tests.Data;

public sealed class TrainingSetManifestTests
{
    private static readonly string Fixture = Path.Combine(AppContext.BaseDirectory, "Data", "Fixtures", "training-set-v1.json");

    private static readonly TrainingSetManifest Sample = new()
    {
        FeatureService = new("big-tipper", 2, new string('b', 64)),
        Features = [new("fare", FeatureType.Float32, "trip"), new("company_trips", FeatureType.Int64, "company_stats")],
        Keys = [new("area", EntityValueKind.Int64), new("company", EntityValueKind.String)],
        LabelColumns = ["tip", "tip_share"],
        WeightColumn = "weight",
        TimeColumn = "at",
        JoinMode = JoinMode.CreatedTime,
        Commits = [new("company_stats", 3, new string('a', 64), 17)],
        RowCount = 5_000_000_000,
        ContentHash = new string('c', 64),
        CreatedAt = new DateTimeOffset(2024, 6, 1, 12, 30, 0, TimeSpan.Zero).AddTicks(1),
    };

    [Fact]
    public void Parse_CommittedFixtureOfFormatOne_ReadsEveryField()
    {
        var found = TrainingSetManifest.Parse(File.ReadAllBytes(Fixture));

        Assert.Equal(Sample.FeatureService, found.FeatureService);
        Assert.Equal(Sample.Features, found.Features);
        Assert.Equal(Sample.Keys, found.Keys);
        Assert.Equal(Sample.LabelColumns, found.LabelColumns);
        Assert.Equal(Sample.Commits, found.Commits);
        Assert.Equal(
            (Sample.WeightColumn, Sample.TimeColumn, Sample.JoinMode, Sample.RowCount, Sample.ContentHash, Sample.CreatedAt),
            (found.WeightColumn, found.TimeColumn, found.JoinMode, found.RowCount, found.ContentHash, found.CreatedAt));
    }

    [Fact]
    public void ToJson_Sample_IsWhatTheFixtureHoldsAndReadsBackToTheSameBytes()
    {
        var json = Sample.ToJson();

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(File.ReadAllBytes(Fixture)), JsonNode.Parse(json)));
        Assert.StartsWith("{\n  \"format\": \"mlp-training-set\",\n  \"formatVersion\": 1,", Encoding.UTF8.GetString(json), StringComparison.Ordinal);
        Assert.Equal(json, TrainingSetManifest.Parse(json).ToJson());
    }

    [Fact]
    public void Parse_OnlyRequiredKeys_ReadsTheDefaults()
    {
        var json = $$"""{ "format": "mlp-training-set", "formatVersion": 1, "features": [], "rowCount": 0, "contentHash": "{{new string('c', 64)}}", "laterAddition": [1] }""";

        var found = TrainingSetManifest.Parse(Encoding.UTF8.GetBytes(json));

        Assert.Empty(found.Keys);
        Assert.Empty(found.LabelColumns);
        Assert.Empty(found.Commits);
        Assert.Equal((null, null, JoinMode.EventTime, null), (found.WeightColumn, found.TimeColumn, found.JoinMode, found.CreatedAt));
    }

    [Fact]
    public void Parse_NewerFormat_IsRefusedAsNewer()
        => Assert.Equal(3, Assert.Throws<UnsupportedFormatVersionException>(() => TrainingSetManifest.Parse("""{ "format": "mlp-training-set", "formatVersion": 3 }"""u8)).Found);

    [Theory]
    [InlineData("format", "\"mlp-model-manifest\"")]
    [InlineData("features", "[null]")]
    [InlineData("keys", "[null]")]
    [InlineData("labelColumns", "[null]")]
    [InlineData("commits", "[null]")]
    [InlineData("commits", "{\"company_stats\": 17}")]
    [InlineData("joinMode", "2")]
    [InlineData("rowCount", "-1")]
    [InlineData("contentHash", "\"abc\"")]
    public void Parse_DamagedValue_IsASentence(string property, string value)
    {
        var json = JsonNode.Parse(Sample.ToJson())!;
        json[property] = JsonNode.Parse(value);

        var error = Assert.Throws<CorruptFileException>(() => TrainingSetManifest.Parse(Encoding.UTF8.GetBytes(json.ToJsonString())));

        Assert.StartsWith("Expected ", error.Message, StringComparison.Ordinal);
        Assert.Contains("'training-set.json'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_EveryCutOfADocument_IsRefused()
    {
        var json = Sample.ToJson();

        for (var length = 0; length < json.Length; length += 5)
        {
            Assert.Throws<CorruptFileException>(() => TrainingSetManifest.Parse(json.AsSpan(0, length)));
        }
    }
}
