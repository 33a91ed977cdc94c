using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Scoring;
using Mlp.Spark.Tests.Functions.Models;
using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Scoring;

/// <summary>What a session says to Spark before a model is called by name, on a server that plays Spark.</summary>
public sealed class RegisteredFunctionTests
{
    private const string ColumnarInput = "spark.sql.execution.arrow.pythonUDF.columnarInput.enabled";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RegisterFunction_OfVectors_AllowsTypesOfUsers(bool takesVector)
    {
        await using var package = await TestPackage.CreateLinearAsync();
        await using var server = await PlayedServer.StartAsync();
        await using var session = await ConnectAsync(server);

        await session.RegisterFunctionAsync("score", SparkModel.FromPackage(package.File.Path, "/models/m.mlpkg"), new() { RoundToFloat32 = true }, takesVector);

        var settings = server.Spark.Requests.OfType<ConfigRequest>().Where(r => r.Operation.Set is not null).SelectMany(r => r.Operation.Set.Pairs).Where(p => p.Key == ColumnarInput).Select(p => p.Value);
        Assert.Equal(takesVector ? ["false"] : [], settings);
    }

    [Fact]
    public async Task RegisterFunction_SharedFolderThatIsNotThere_NamesTheOption()
    {
        await using var package = await TestPackage.CreateLinearAsync();
        await using var server = await PlayedServer.StartAsync();
        var folder = Path.Combine(package.Folder, "nowhere");
        await using var session = await ConnectAsync(server, folder);

        var error = await Assert.ThrowsAsync<DirectoryNotFoundException>(() => session.RegisterFunctionAsync("score", SparkModel.FromVersion(package.Registry, "scored", 1)));

        Assert.Equal($"Expected the folder that SparkSessionOptions.SharedFolder names at '{folder}', but found none: it must be there, on this machine and on every executor.", error.Message);
        Assert.Empty(server.Spark.Requests.OfType<ExecutePlanRequest>());
    }

    private static Task<SparkSession> ConnectAsync(PlayedServer server, string? sharedFolder = null)
        => SparkSession.ConnectAsync(server.Connection, new SparkSessionOptions { WorkerPath = "/opt/mlp/mlp-spark-worker", SharedFolder = sharedFolder });
}
