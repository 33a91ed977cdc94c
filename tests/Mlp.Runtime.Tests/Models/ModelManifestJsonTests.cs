using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Models;

public sealed class ModelManifestJsonTests
{
    private static readonly JsonSerializerOptions PlainJson = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private static readonly string Fixture = Path.Combine(AppContext.BaseDirectory, "Models", "Fixtures", "manifest-v1.json");

    private static readonly ModelManifest Sample = new()
    {
        Name = "taxi-tips",
        Version = 3,
        CreatedAt = new DateTimeOffset(2024, 6, 1, 12, 30, 0, TimeSpan.Zero).AddTicks(1),
        OnnxSha256 = new string('a', 64),
        OnnxByteCount = 5_000_000_000,
        Signature = new(
            [new("float32", TensorElementKind.Float32, [-1, 2]), new("string", TensorElementKind.String, [-1, 1]), new("status", TensorElementKind.UInt8, [-1, 3])],
            [new("score", TensorElementKind.Float32, [-1, 1]), new("maps", TensorElementKind.Other, [])]),
        Output = new()
        {
            Task = ModelTask.BinaryClassification,
            ScoreOutput = "score",
            ClassNames = ["small tip", "big tip"],
            DecisionThreshold = 0.35,
            LabelDefinition = "the tip exceeds 20 % of the fare",
        },
        FeatureService = new("big-tipper", 1, new string('b', 64)),
        Features = [new("fare", FeatureType.Float32, "trip"), new("miles", FeatureType.Float32, "trip"), new("company", FeatureType.String, "trip")],
        Metrics = new Dictionary<string, double> { ["auc"] = 0.9312345678901234, ["log_loss"] = 0.1, ["lift"] = double.NaN },
        TrainingSetHash = new string('c', 64),
        TrainingSetManifestSha256 = new string('e', 64),
        ReferenceProfileSha256 = new string('d', 64),
        ExportProof = new(1000, 1.5e-7, 1e-5),
        ParentVersion = 2,
        Description = "Ünïcode – nightly",
        Tags = new Dictionary<string, string> { ["git"] = "abc" },
    };

    [Fact]
    public void Deserialize_CommittedFixtureOfFormatOne_ReadsEveryField() => AssertSame(Sample, ModelManifestJson.Deserialize(File.ReadAllBytes(Fixture), Fixture));

    [Fact]
    public void Serialize_Sample_WritesWhatTheFixtureHolds()
        => Assert.True(JsonNode.DeepEquals(JsonNode.Parse(File.ReadAllBytes(Fixture)), JsonNode.Parse(ModelManifestJson.Serialize(Sample))));

    [Fact]
    public void Serialize_Sample_StartsWithTheFormatVersionAndReadsBack()
    {
        var json = ModelManifestJson.Serialize(Sample);

        Assert.StartsWith("{\n  \"format\": \"mlp-model-manifest\",\n  \"formatVersion\": 1,\n  \"name\": \"taxi-tips\"", Encoding.UTF8.GetString(json), StringComparison.Ordinal);
        AssertSame(Sample, ModelManifestJson.Deserialize(json, "manifest.json"));
    }

    [Fact]
    public void Serialize_OnlyWhatIsRequired_ReadsBack()
    {
        var plain = TestManifest.Of("m");

        var found = ModelManifestJson.Deserialize(ModelManifestJson.Serialize(plain), "manifest.json");

        AssertSame(plain, found);
        Assert.Null(found.Features);
        Assert.Null(found.FeatureService);
        Assert.Empty(found.Tags);
    }

    [Fact]
    public void Deserialize_OnlyRequiredKeys_ReadsTheDefaults()
    {
        var json = JsonNode.Parse("""
            {
              "format": "mlp-model-manifest", "formatVersion": 1, "name": "m", "version": 1, "createdAt": "2025-01-01T00:00:00Z", "onnxByteCount": 1,
              "signature": { "inputs": [], "outputs": [] }, "output": { "task": "regression", "scoreOutput": "y" }
            }
            """)!;
        json["onnxSha256"] = new string('0', 64);

        var found = ModelManifestJson.Deserialize(Encoding.UTF8.GetBytes(json.ToJsonString()), "manifest.json");

        Assert.Empty(found.Tags);
        Assert.Empty(found.Metrics);
        Assert.Empty(found.Output.ClassNames);
        Assert.Equal((0, 0.5), (found.Output.ScoreIndex, found.Output.DecisionThreshold));
        Assert.Null(found.Features);
    }

    [Fact]
    public void Serialize_ProofInParts_ReadsBack()
    {
        var part = new ExportProofPart(12, double.PositiveInfinity, 3, 1, 7) { Change = "feature 'fare' missing" };
        var cost = new PrecisionCost("float16", 0.01, 0.05) { Real = part, Metrics = [new("auc", 0.9, double.NaN)], Float32ByteCount = 1_000 };
        var proof = new ExportProof(1000, 1.5e-7, 1e-5) { Real = part with { Change = null }, Missing = part, Extreme = part, Precision = cost };

        var found = ModelManifestJson.Deserialize(ModelManifestJson.Serialize(Sample with { ExportProof = proof }), "manifest.json").ExportProof!;

        Assert.Equal(proof with { Precision = null }, found with { Precision = null });
        Assert.Equal(cost.Metrics, found.Precision!.Metrics);
        Assert.Equal(cost with { Metrics = found.Precision.Metrics }, found.Precision);
    }

    [Theory]
    [InlineData("""{ "rowCount": 5, "maximumDifference": 0, "tolerance": 1E-05, "precision": { "precision": "int8", "maximumDifference": 0, "limit": 1 } }""", true)]
    [InlineData("""{ "rowCount": 5, "maximumDifference": 0, "tolerance": 1E-05, "precision": { "precision": "int8", "maximumDifference": 0, "limit": 1, "metrics": [null] } }""", false)]
    public void Deserialize_PrecisionWithoutMetrics_HasNoneAndNullIsRefused(string proof, bool isRead)
    {
        var json = JsonNode.Parse(ModelManifestJson.Serialize(Sample))!;
        json["exportProof"] = JsonNode.Parse(proof);
        ModelManifest Read() => ModelManifestJson.Deserialize(Encoding.UTF8.GetBytes(json.ToJsonString()), "manifest.json");

        if (isRead)
        {
            Assert.Empty(Read().ExportProof!.Precision!.Metrics);
            Assert.Null(Read().ExportProof!.Real);
        }
        else
        {
            Assert.Equal("Expected no null within 'exportProof' in 'manifest.json', but found one.", Assert.Throws<CorruptFileException>(Read).Message);
        }
    }

    [Fact]
    public void Deserialize_NewerFormat_IsRefusedBeforeAnythingElseIsLookedAt()
    {
        var json = """{"format": "mlp-model-manifest", "formatVersion": 3, "output": 17}"""u8.ToArray();

        var error = Assert.Throws<UnsupportedFormatVersionException>(() => ModelManifestJson.Deserialize(json, "/r/manifest.json"));

        Assert.Equal(("/r/manifest.json", 3, 2), (error.Path, error.Found, error.Supported));
        Assert.Contains("it was written by a newer version of the platform", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deserialize_UnknownProperty_IsKept()
    {
        var json = JsonNode.Parse(ModelManifestJson.Serialize(Sample))!;
        json["laterAddition"] = true;
        json["output"]!["laterUnit"] = "cents";

        var found = ModelManifestJson.Deserialize(Encoding.UTF8.GetBytes(json.ToJsonString()), "manifest.json");

        AssertSame(Sample, found with { Unknown = null, Output = found.Output with { Unknown = null } });
        Assert.True(JsonNode.DeepEquals(json, JsonNode.Parse(ModelManifestJson.Serialize(found))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"formatVersion": 1}""")]
    [InlineData("""{"format": "mlp-model-alias", "formatVersion": 1}""")]
    [InlineData("""{"format": "mlp-model-manifest", "formatVersion": "1"}""")]
    [InlineData("""{"format": "mlp-model-manifest", "formatVersion": 0}""")]
    [InlineData("""{"format": "mlp-model-manifest", "formatVersion": 1}""")]
    [InlineData("""{"format": "mlp-model-manifest", "formatVersion": 1, "name": """)]
    public void Deserialize_NoManifest_NamesTheFile(string json)
    {
        var error = Assert.Throws<CorruptFileException>(() => ModelManifestJson.Deserialize(Encoding.UTF8.GetBytes(json), "/r/manifest.json"));

        Assert.Equal("/r/manifest.json", error.Path);
        Assert.StartsWith("Expected ", error.Message, StringComparison.Ordinal);
        Assert.Contains("'/r/manifest.json'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name")]
    [InlineData("version")]
    [InlineData("createdAt")]
    [InlineData("onnxSha256")]
    [InlineData("onnxByteCount")]
    [InlineData("signature")]
    [InlineData("output")]
    public void Deserialize_RequiredPropertyMissing_NamesTheFile(string property)
    {
        var json = JsonNode.Parse(ModelManifestJson.Serialize(Sample))!.AsObject();
        json.Remove(property);

        Assert.Throws<CorruptFileException>(() => ModelManifestJson.Deserialize(Encoding.UTF8.GetBytes(json.ToJsonString()), "manifest.json"));
    }

    [Theory]
    [InlineData("onnxSha256")]
    [InlineData("referenceProfileSha256")]
    [InlineData("trainingSetManifestSha256")]
    public void Deserialize_HashThatIsNone_IsRefused(string property)
    {
        var json = JsonNode.Parse(ModelManifestJson.Serialize(Sample))!;
        json[property] = "../../../../etc/passwd";

        var error = Assert.Throws<CorruptFileException>(
            () => ModelManifestJson.Deserialize(Encoding.UTF8.GetBytes(json.ToJsonString()), "manifest.json"));

        Assert.Contains($"'{property}' to be 64 lower-case hexadecimal digits", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("output", "task", "\"BinaryClassification\"")]
    [InlineData("output", "task", "0")]
    [InlineData("output", "task", "\"0\"")]
    [InlineData("features", "type", "1")]
    [InlineData("features", "type", "\"FLOAT32\"")]
    [InlineData("features", "type", "null")]
    public void Deserialize_EnumerationThatIsNoKnownWord_IsRefused(string where, string property, string value)
    {
        var json = JsonNode.Parse(ModelManifestJson.Serialize(Sample))!;
        var parent = json[where]!;
        (parent is JsonArray list ? list[0] : parent)![property] = JsonNode.Parse(value);

        var error = Assert.Throws<CorruptFileException>(() => ModelManifestJson.Deserialize(Encoding.UTF8.GetBytes(json.ToJsonString()), "manifest.json"));

        Assert.Contains("manifest.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deserialize_EveryCutOfAFile_IsRefused()
    {
        var json = ModelManifestJson.Serialize(Sample);

        for (var length = 0; length < json.Length; length += 7)
        {
            Assert.Throws<CorruptFileException>(() => ModelManifestJson.Deserialize(json.AsSpan(0, length), "manifest.json"));
        }
    }

    /// <summary>Records with lists compare by reference, so the comparison goes through plain JSON without the code under test.</summary>
    private static void AssertSame(ModelManifest expected, ModelManifest found)
    {
        Assert.Equal(JsonSerializer.Serialize(expected, PlainJson), JsonSerializer.Serialize(found, PlainJson));
    }
}
