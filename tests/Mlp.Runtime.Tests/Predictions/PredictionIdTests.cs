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
    public void Parse_Null_NamesTheArgument() => Assert.Throws<ArgumentNullException>("text", () => PredictionId.Parse(null!));
}
