using Mlp.Spark.Connect;
using Mlp.Spark.Tests.Functions;
using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Connect;

/// <summary>Paths at which executors find no worker, on a real server.</summary>
public abstract class SparkWorkerPathTests(SparkServer server)
{
    [SparkTheory]
    [InlineData("/opt/none/mlp-spark-worker", "but they cannot: error=2, No such file or directory.")]
    [InlineData("/tmp", "but they cannot: error=13, Permission denied.")]
    [InlineData("/bin/cat", "but that program does not answer as a worker does; it writes: /bin/cat: invalid option -- 'm'")]
    [InlineData("/bin/true", "but that program does not answer as a worker does.")]
    [InlineData("/bin/echo", "but that program does not answer as a worker does.")]
    public async Task WorkerPath_WithoutAWorker_IsNamedInASentence(string path, string expected)
    {
        await using var session = await server.ConnectAsync(new SparkSessionOptions { WorkerPath = path });

        var error = await Assert.ThrowsAsync<SparkException>(() => session.Range(0, 1).Apply(TestMethods.Named("Recorded.Echo"), "id bigint").CountAsync());

        Assert.StartsWith($"Expected executors to start the worker '{path}', which SparkSessionOptions.WorkerPath names, {expected}", error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Message.Length, 1, 400);
        Assert.NotEqual(error.Message, error.ServerMessage);
    }

    [SparkFact]
    public async Task Query_ThatFailsInTheJvm_IsToldWithoutItsStack()
    {
        await using var session = await server.ConnectAsync();

        var error = await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(session.Sql("SELECT java_method('java.util.UUID', 'fromString', concat('x', id)) FROM range(3)")));

        Assert.Contains("java.lang.reflect.InvocationTargetException", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\tat ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("stacktrace", error.Message, StringComparison.Ordinal);
        Assert.Contains("\tat ", error.ServerMessage, StringComparison.Ordinal);
    }
}
