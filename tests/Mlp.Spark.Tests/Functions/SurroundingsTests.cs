using Apache.Arrow;
using Mlp.Spark.Commands;
using Mlp.Spark.Tests.Peer;
using Mlp.TestSupport;
using static Mlp.Spark.Tests.Functions.Models.TestPackage;

namespace Mlp.Spark.Tests.Functions;

/// <summary>What the code of users finds in the process of the worker, over tasks of one daemon.</summary>
public sealed class SurroundingsTests
{
    private static readonly IArrowArray Row = new Int32Array.Builder().Append(1).Build();

    [Fact]
    public void Run_MethodThatReadsVariables_DoesNotFindTheSecret()
    {
        using var worker = WorkerProcess.StartDaemon(("MLP_SPARK_LOG", "debug"));
        var names = new StringArray.Builder().Append("MLP_SPARK_LOG").Append("PYTHON_WORKER_FACTORY_SECRET").Build();

        var reply = Run(worker, RecordedCommands.Call("Surroundings.Variables"), names);

        Assert.Null(reply.Error);
        Assert.Equal(["'debug'", "null"], reply.Rows);
    }

    [Fact]
    public void Run_TasksOfOneAssembly_LoadItOnceFromWhereverItLies()
    {
        using var worker = WorkerProcess.StartDaemon();
        using var folder = new TempDirectory();
        var calls = RecordedCommands.Call("Surroundings.Calls");
        var copy = folder.Combine("Copy.dll");
        File.Copy(RecordedCommands.Assembly.Path, copy);
        var elsewhere = calls with { Method = calls.Method with { Assembly = RecordedCommands.Reference(copy) } };

        Assert.Equal(["1"], Run(worker, calls, Row).Rows);
        Assert.Equal(["2"], Run(worker, calls, Row).Rows);
        Assert.Equal(["3"], Run(worker, elsewhere, Row).Rows);
    }

    private static WorkerReply Run(WorkerProcess worker, WorkerCommand command, IArrowArray column)
    {
        using var peer = worker.Connect();
        return peer.Run(TaskBytes.Scalar(command, [null], Table(("_0", column))));
    }
}
