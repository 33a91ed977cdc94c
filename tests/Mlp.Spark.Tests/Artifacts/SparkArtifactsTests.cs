using System.IO.Hashing;
using Mlp.Spark.Artifacts;
using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Artifacts;

public sealed class SparkArtifactsTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(SparkArtifacts.ChunkBytes)]
    public async Task AddFile_ThatFitsIntoAMessage_GoesAsABatch(int size)
    {
        await using var server = await PlayedServer.StartAsync();
        await using var session = await SparkSession.ConnectAsync(server.Connection);
        var (path, content) = CreateFile(size);

        await session.Artifacts.AddFileAsync(path, "model.mlpkg");

        var request = server.Spark.Single<AddArtifactsRequest>();
        Assert.Equal(session.Id, request.SessionId);
        var artifact = Assert.Single(request.Batch.Artifacts);
        Assert.Equal("files/model.mlpkg", artifact.Name);
        Assert.Equal(content, artifact.Data.Data.ToByteArray());
        Assert.Equal(Crc32.HashToUInt32(content), artifact.Data.Crc);
    }

    [Theory]
    [InlineData(SparkArtifacts.ChunkBytes + 1, 2)]
    [InlineData(SparkArtifacts.ChunkBytes * 3, 3)]
    [InlineData((SparkArtifacts.ChunkBytes * 3) + 7, 4)]
    public async Task AddArchive_OfManyMessages_GoesInChunks(int size, int count)
    {
        await using var server = await PlayedServer.StartAsync();
        await using var session = await SparkSession.ConnectAsync(server.Connection);
        var (path, content) = CreateFile(size);

        await session.Artifacts.AddArchiveAsync(path, "mlp");

        var requests = server.Spark.Requests.OfType<AddArtifactsRequest>().ToList();
        var begin = requests[0].BeginChunk;
        Assert.Equal(("archives/worker.tar.gz#mlp", (long)size, (long)count), (begin.Name, begin.TotalBytes, begin.NumChunks));
        var chunks = requests.Skip(1).Select(r => r.Chunk).Prepend(begin.InitialChunk).ToList();
        Assert.Equal(count, chunks.Count);
        Assert.All(chunks, c => Assert.Equal(Crc32.HashToUInt32(c.Data.Span), c.Crc));
        Assert.All(chunks, c => Assert.InRange(c.Data.Length, 1, SparkArtifacts.ChunkBytes));
        Assert.Equal(content, chunks.SelectMany(c => c.Data).ToArray());
    }

    [Fact]
    public async Task AddFile_DamagedOnItsWay_IsAnError()
    {
        await using var server = await PlayedServer.StartAsync(new PlayedSpark { IsCrcSuccessful = false });
        await using var session = await SparkSession.ConnectAsync(server.Connection);

        var error = await Assert.ThrowsAsync<SparkConnectionException>(() => session.Artifacts.AddFileAsync(CreateFile(5).Path));

        Assert.Contains("'files/worker.tar.gz' to arrive", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddFile_Wrong_SaysWhat()
    {
        await using var session = new SparkSession(SparkConnectionString.Parse("sc://localhost:1"));

        await Assert.ThrowsAsync<FileNotFoundException>(() => session.Artifacts.AddFileAsync(_folder.Combine("nothing")));
        await Assert.ThrowsAsync<ArgumentException>(() => session.Artifacts.AddFileAsync(CreateFile(1).Path, "a/b"));
        await Assert.ThrowsAsync<ArgumentException>(() => session.Artifacts.AddArchiveAsync(CreateFile(1).Path, ".."));
    }

    public void Dispose() => _folder.Dispose();

    private (string Path, byte[] Content) CreateFile(int size)
    {
        var content = new byte[size];
        new Random(7).NextBytes(content);
        var path = _folder.Combine("worker.tar.gz");
        File.WriteAllBytes(path, content);
        return (path, content);
    }
}
