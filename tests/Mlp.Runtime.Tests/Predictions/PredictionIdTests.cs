using System.Text.Json;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Tests.Predictions;

public sealed class PredictionIdTests
{
    [Fact]
    public void Parse_WhatToStringGives_IsTheSameId()
    {
        var id = new PredictionId(0x01980c3e_7b3a_7f00UL, 0x8000_0000_0000_0001UL);

        Assert.Equal(id, PredictionId.Parse(id.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("zzz")]
    public void Parse_AnotherText_SaysWhatAnIdLooksLike(string text)
        => Assert.Equal(
            "Expected the id of a prediction, such as 01980c3e-7b3a-7f00-8000-000000000001, but found another text.",
            Assert.Throws<FormatException>(() => PredictionId.Parse(text)).Message);

    [Fact]
    public void Json_PredictionAsAServiceSendsIt_HasTheIdAsText()
    {
        var prediction = new Prediction { Id = PredictionId.Parse("01980c3e-7b3a-7f00-8000-000000000001"), Score = 0.5, ModelVersion = 3, Variant = "champion" };

        var json = JsonSerializer.Serialize(prediction, JsonSerializerOptions.Web);

        Assert.Equal("{\"id\":\"01980c3e-7b3a-7f00-8000-000000000001\",\"score\":0.5,\"predictedClass\":0,\"modelVersion\":3,\"variant\":\"champion\"}", json);
        Assert.Equal(prediction, JsonSerializer.Deserialize<Prediction>(json, JsonSerializerOptions.Web));
        var byId = new Dictionary<PredictionId, int> { [prediction.Id] = 7 };
        Assert.Equal(byId, JsonSerializer.Deserialize<Dictionary<PredictionId, int>>(JsonSerializer.Serialize(byId)));
    }

    [Theory]
    [InlineData("{}", "Expected the id of a prediction as text, such as \"01980c3e-7b3a-7f00-8000-000000000001\", but found a value of another kind (StartObject).")]
    [InlineData("\"7\"", "Expected the id of a prediction, such as 01980c3e-7b3a-7f00-8000-000000000001, but found another text.")]
    public void Json_NoId_IsRefused(string json, string expected)
        => Assert.StartsWith(expected, Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<PredictionId>(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void TryParse_TextOfARoute_IsReadOrRefused()
    {
        Assert.True(PredictionId.TryParse("01980c3e-7b3a-7f00-8000-000000000001", null, out var id));
        Assert.Equal("01980c3e-7b3a-7f00-8000-000000000001", id.ToString());
        Assert.False(PredictionId.TryParse("zzz", null, out _));
        Assert.False(PredictionId.TryParse((string?)null, null, out _));
    }

    [Fact]
    public void Parse_Null_NamesTheArgument() => Assert.Throws<ArgumentNullException>("text", () => PredictionId.Parse(null!));
}
