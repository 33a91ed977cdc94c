namespace Mlp.Runtime.Tests;

public sealed class MlPlatformExceptionTests
{
    [Fact]
    public void CorruptFileException_WithoutOffset_ConcernsTheWholeFile()
    {
        var error = new CorruptFileException("a.mlplog", "Expected a frame in 'a.mlplog', but found none.");

        Assert.Equal("Expected a frame in 'a.mlplog', but found none.", error.Message);
        Assert.Equal(("a.mlplog", -1L, false), (error.Path, error.Offset, error.IsTransient));
    }

    [Fact]
    public void UnsupportedFormatVersionException_Message_NamesBothVersions()
    {
        var error = new UnsupportedFormatVersionException("a.mlplog", found: 7, supported: 2);

        Assert.Contains("found version 7", error.Message, StringComparison.Ordinal);
        Assert.Contains("format version 2 or older", error.Message, StringComparison.Ordinal);
        Assert.Equal((7, 2), (error.Found, error.Supported));
    }
}
