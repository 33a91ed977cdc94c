using System.Text.Json;
using Mlp.Features.Deletion;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Tests.Deletion;

public sealed class EntityDeletionDocumentTests
{
    private static readonly Guid Id = new("01980c3e-7b3a-7f00-8000-000000000001");

    public static TheoryData<string, EntityValueKind> Values => new()
    {
        { """{"int64":0}""", EntityValueKind.Int64 },
        { """{"string":""}""", EntityValueKind.String },
        { """{"guid":"01980c3e-7b3a-7f00-8000-000000000001"}""", EntityValueKind.Guid },
        { """{"isAny":true}""", EntityValueKind.String },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void ToValue_PartAsItIsWritten_IsTheValue(string json, EntityValueKind kind)
    {
        EntityValue expected = json.Contains("isAny", StringComparison.Ordinal) ? default : kind switch
        {
            EntityValueKind.Int64 => 0L,
            EntityValueKind.String => string.Empty,
            _ => Id,
        };

        Assert.Equal(json, JsonSerializer.Serialize(EntityDeletionDocument.Part.Of(expected), Json));
        Assert.Equal(expected, Read(json).ToValue(kind, "/data/x.json"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"isAny":false}""")]
    [InlineData("""{"date":"2026-01-01"}""")]
    [InlineData("""{"int64":1}""")]
    [InlineData("""{"string":"a","isAny":true}""")]
    [InlineData("""{"string":"a","int64":1}""")]
    public void ToValue_PartThatDoesNotSayWhom_IsRefused(string json)
    {
        var error = Assert.Throws<CorruptFileException>(() => Read(json).ToValue(EntityValueKind.String, "/data/x.json"));

        Assert.Equal("Expected every part of a key in '/data/x.json' to have one value of its kind or isAny, but found one that does not say whom to delete.", error.Message);
    }

    private static JsonSerializerOptions Json { get; } = new(EntityDeletionJson.Default.Options) { WriteIndented = false };

    private static EntityDeletionDocument.Part Read(string json) => JsonSerializer.Deserialize<EntityDeletionDocument.Part>(json, Json)!;
}
