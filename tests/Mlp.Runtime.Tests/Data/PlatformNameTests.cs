using Mlp.Runtime.Data;

namespace Mlp.Runtime.Tests.Data;

public sealed class PlatformNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("8")]
    [InlineData("big-tipper_2.1")]
    [InlineData("console")]
    [InlineData("com10")]
    [InlineData("a.con")]
    public void Require_Name_IsTaken(string name)
    {
        PlatformName.Require(name, "model", nameof(name));
        Assert.True(PlatformName.IsValid(name));
    }

    [Theory]
    [InlineData("BigTipper")]
    [InlineData("")]
    [InlineData("_a")]
    [InlineData("a.")]
    [InlineData("é")]
    [InlineData("a/b")]
    public void Require_NoName_SaysTheRule(string name)
    {
        Assert.False(PlatformName.IsValid(name));
        var error = Assert.Throws<ArgumentException>("key", () => PlatformName.Require(name, "alias", "key"));
        Assert.StartsWith("Expected the name of the alias to be 1 to 100 lower-case letters", error.Message, StringComparison.Ordinal);
        Assert.Contains($"but found '{name}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("con")]
    [InlineData("nul.json")]
    [InlineData("lpt9")]
    [InlineData("com0.a.b")]
    public void Require_DeviceOfWindows_IsRefused(string name)
    {
        Assert.False(PlatformName.IsValid(name));
        Assert.Contains("no device of Windows", Assert.Throws<ArgumentException>(() => PlatformName.Require(name, "model", nameof(name))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void IsValid_LongerThanTheLimit_IsNot()
    {
        Assert.True(PlatformName.IsValid(new string('a', PlatformName.MaximumLength)));
        Assert.False(PlatformName.IsValid(new string('a', PlatformName.MaximumLength + 1)));
    }
}
