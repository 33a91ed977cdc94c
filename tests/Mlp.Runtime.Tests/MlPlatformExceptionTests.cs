namespace Mlp.Runtime.Tests;

public sealed class MlPlatformExceptionTests
{
    [Fact]
    public void CorruptFileException_Message_NamesFileAndOffset()
    {
        var error = new CorruptFileException("a.mlplog", 4096, "expected a frame, but found none.");

        Assert.Equal("The file 'a.mlplog' is corrupt at offset 4096: expected a frame, but found none.", error.Message);
        Assert.Equal(("a.mlplog", 4096L, false), (error.Path, error.Offset, error.IsTransient));
    }

    [Fact]
    public void UnsupportedFormatVersionException_Message_NamesBothVersions()
    {
        var error = new UnsupportedFormatVersionException("a.mlplog", found: 7, supported: 2);

        Assert.Contains("format version 7", error.Message, StringComparison.Ordinal);
        Assert.Contains("versions 1 to 2", error.Message, StringComparison.Ordinal);
        Assert.Equal((7, 2), (error.Found, error.Supported));
    }
}
