using Mlp.Runtime.Hosting;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Hosting;

public sealed class DataDirectoryFormatTests : IDisposable
{
    private readonly TempDirectory _temp = new();

    private string File => _temp.Combine("data", "format.json");

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Ensure_NewDirectory_IsMarkedOnceByManyAtATime()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => DataDirectoryFormat.Ensure(DiskSync.Instance, _temp.Combine("data")))));

        Assert.Equal("{\"format\":\"mlp-data\",\"formatVersion\":1}\n", System.IO.File.ReadAllText(File));
        Assert.Equal(["format.json"], Directory.GetFiles(_temp.Combine("data")).Select(Path.GetFileName));
        Assert.True(DataDirectoryFormat.Check(_temp.Combine("data")));
    }

    [Theory]
    [InlineData(MlPlatformMode.Owner)]
    [InlineData(MlPlatformMode.Reader)]
    public async Task StartAsync_NewerLayout_IsRefusedBeforeAnythingIsWritten(MlPlatformMode mode)
    {
        Directory.CreateDirectory(_temp.Combine("data"));
        System.IO.File.WriteAllText(File, """{"format":"mlp-data","formatVersion":2,"shards":4}""");
        await using var platform = MlPlatform.CreateBuilder().UseDataDirectory(_temp.Combine("data")).Configure(o => o.Mode = mode).Build();

        var thrown = await Assert.ThrowsAsync<UnsupportedFormatVersionException>(() => platform.StartAsync());

        Assert.Equal((File, 2, 1), (thrown.Path, thrown.Found, thrown.Supported));
        Assert.Equal(["format.json"], Directory.GetFileSystemEntries(_temp.Combine("data")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task StartAsync_DirectoryFromElsewhere_IsRefused()
    {
        Directory.CreateDirectory(_temp.Combine("data"));
        System.IO.File.WriteAllText(File, """{"format":"other","formatVersion":1}""");
        await using var platform = MlPlatform.CreateBuilder().UseDataDirectory(_temp.Combine("data")).Build();

        Assert.Contains("\"mlp-data\"", (await Assert.ThrowsAsync<CorruptFileException>(() => platform.StartAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_Owner_MarksTheDirectoryAndAReaderDoesNot()
    {
        Directory.CreateDirectory(_temp.Combine("data"));
        await using (var reader = MlPlatform.CreateBuilder().UseDataDirectory(_temp.Combine("data")).Configure(o => o.Mode = MlPlatformMode.Reader).Build())
        {
            await reader.StartAsync();
            Assert.False(System.IO.File.Exists(File));
        }

        await using var owner = MlPlatform.CreateBuilder().UseDataDirectory(_temp.Combine("data")).Build();
        await owner.StartAsync();
        Assert.True(System.IO.File.Exists(File));
    }
}
