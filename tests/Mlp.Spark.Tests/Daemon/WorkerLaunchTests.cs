using System.Net;
using System.Net.Sockets;
using Mlp.Spark.Tests.Peer;
using Mlp.Spark.Tests.Protocol;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Daemon;

/// <summary>How the executable starts, meets Spark and ends.</summary>
public sealed class WorkerLaunchTests
{
    private const string Case = "map-in-arrow";

    [Fact]
    public void Connect_Daemon_SaysItsOwnLiveProcess()
    {
        using var worker = WorkerProcess.StartDaemon();
        using var first = worker.Connect();
        using var second = worker.Connect();

        Assert.Equal(worker.Id, first.ProcessId);
        Assert.Equal(worker.Id, second.ProcessId);
    }

    [Fact]
    public void Connect_WrongSecret_IsRefused()
    {
        using var worker = WorkerProcess.StartDaemon();
        using var peer = new SparkPeer(worker.ConnectOnly());
        Assert.Equal(worker.Id, peer.ReadInt32());

        peer.WriteText("another");

        Assert.Equal("err", peer.ReadText());
        Assert.True(peer.IsClosed());
    }

    [Fact]
    public void Connect_SecretWithoutEnd_IsRefusedAndTheDaemonGoesOn()
    {
        using var worker = WorkerProcess.StartDaemon();
        using var peer = new SparkPeer(worker.ConnectOnly());
        Assert.Equal(worker.Id, peer.ReadInt32());

        peer.Write([0x7f, 0xff, 0xff, 0xff]);

        Assert.True(peer.IsClosed());
        using var other = worker.Connect();
        Assert.Equal(worker.Id, other.ProcessId);
    }

    [Fact]
    public void CloseInput_Daemon_Ends()
    {
        using var worker = WorkerProcess.StartDaemon();
        using var peer = worker.Connect();

        worker.Input.Dispose();

        Assert.Equal(0, worker.WaitForExit());
    }

    [Fact]
    public void WriteInput_IdOfAProcess_KillsNothing()
    {
        using var worker = WorkerProcess.StartDaemon();
        worker.Input.Write([0, 0, 1, 2]);
        worker.Input.Flush();

        using var peer = worker.Connect();

        Assert.Equal(worker.Id, peer.ProcessId);
    }

    [LinuxFact]
    public void Terminate_Daemon_Ends()
    {
        using var worker = WorkerProcess.StartDaemon();
        using var peer = worker.Connect();

        using var kill = System.Diagnostics.Process.Start("/bin/sh", ["-c", $"kill -TERM {worker.Id}"]);
        kill.WaitForExit();

        Assert.Equal(0, worker.WaitForExit());
        Assert.True(peer.IsClosed());
    }

    [Theory]
    [InlineData("pyspark.sql.worker.lookup_data_sources", "module 'pyspark.sql.worker.lookup_data_sources', which needs Python")]
    [InlineData("pyspark.sql.streaming.python_streaming_source_runner", "which needs Python")]
    [InlineData("", "another command line")]
    public void Start_UnknownModule_IsRefusedWithOneLine(string module, string expected)
    {
        using var process = WorkerProcess.Start(module.Length == 0 ? ["-VV"] : ["-m", module]);

        var (output, error) = (process.StandardOutput.ReadToEnd(), process.StandardError.ReadToEnd());
        process.WaitForExit();

        Assert.Equal(2, process.ExitCode);
        Assert.Empty(output);
        Assert.Contains(expected, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public void Start_WithoutSecret_IsRefusedWithOneLine()
    {
        using var process = WorkerProcess.Start(["-m", "pyspark.daemon"], ("PYTHON_WORKER_FACTORY_SECRET", ""));

        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();

        Assert.Equal(2, process.ExitCode);
        Assert.Contains("Expected the variable PYTHON_WORKER_FACTORY_SECRET", error, StringComparison.Ordinal);
    }

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_DaemonOnAUnixSocket_RunsTasksAndRemovesTheSocket()
    {
        using var folder = new TempDirectory();
        using var worker = WorkerProcess.StartUnixDaemon(folder.FullName);
        Assert.Single(Directory.GetFileSystemEntries(folder.FullName));
        using (var peer = worker.Connect())
        {
            Assert.Equal(worker.Id, peer.ProcessId);
            var recording = SparkRecording.Load("4.3.0", Case);

            Assert.True(peer.Run(RecordedCommands.Rewrite(recording, RecordedCommands.For(Case))).IsSuccess);
        }

        worker.Input.Dispose();

        Assert.Equal(0, worker.WaitForExit());
        Assert.Empty(Directory.GetFileSystemEntries(folder.FullName));
    }

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_ProcessForATask_ConnectsRunsAndEnds()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        using var process = WorkerProcess.Start(["-m", "pyspark.worker"], ("PYTHON_WORKER_FACTORY_PORT", port), ("PYTHON_WORKER_FACTORY_SECRET", "abc"));
        using (var peer = new SparkPeer(listener.Accept()))
        {
            peer.MeetSingle("abc");
            Assert.Equal(process.Id, peer.ProcessId);
            var recording = SparkRecording.Load("3.5.9", Case);

            Assert.True(peer.Run(RecordedCommands.Rewrite(recording, RecordedCommands.For(Case))).IsSuccess);
        }

        Assert.True(process.WaitForExit(WorkerProcess.Patience));
        Assert.Equal(0, process.ExitCode);
    }

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_ProcessForATaskOnAUnixSocket_ConnectsRunsAndEnds()
    {
        using var folder = new TempDirectory();
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(folder.Combine("s")));
        listener.Listen();
        using var process = WorkerProcess.Start(["-m", "pyspark.worker"], ("PYTHON_UNIX_DOMAIN_ENABLED", "true"), ("PYTHON_WORKER_FACTORY_SOCK_PATH", folder.Combine("s")));
        using (var peer = new SparkPeer(listener.Accept()))
        {
            peer.MeetDaemon(secret: null);
            Assert.Equal(process.Id, peer.ProcessId);
            var recording = SparkRecording.Load("4.2.1", Case);

            Assert.True(peer.Run(RecordedCommands.Rewrite(recording, RecordedCommands.For(Case))).IsSuccess);
        }

        Assert.True(process.WaitForExit(WorkerProcess.Patience));
    }

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Run_KnownLayout_RefusesOthers()
    {
        using var worker = WorkerProcess.StartDaemon(("MLP_SPARK_PROTOCOL", "4.3"));
        var command = RecordedCommands.For(Case);
        using var right = worker.Connect();
        using var wrong = worker.Connect();

        Assert.True(right.Run(RecordedCommands.Rewrite(SparkRecording.Load("4.3.0", Case), command)).IsSuccess);
        Assert.Contains("the frame of a task of Spark 4.3", wrong.Run(RecordedCommands.Rewrite(SparkRecording.Load("4.2.1", Case), command)).Error, StringComparison.Ordinal);
    }

    [ReferenceDataFact(SparkRecording.Folder)]
    public void Log_OfTasksThatRanAndFailed_HoldsNoSecretAndNoProperty()
    {
        using var worker = WorkerProcess.StartDaemon(("MLP_SPARK_LOG", "debug"));
        foreach (var version in new[] { "3.5.9", "4.3.0" })
        {
            var recording = SparkRecording.Load(version, Case);
            using var peer = worker.Connect();
            Assert.True(peer.Run(RecordedCommands.Rewrite(recording, RecordedCommands.For(Case))).IsSuccess);
            Assert.NotNull(peer.Run(recording.Input).Error);
        }

        worker.Input.Dispose();
        worker.WaitForExit();

        Assert.Contains("Runs stage", worker.Log, StringComparison.Ordinal);
        Assert.Contains("A task failed: Expected a command of Mlp", worker.Log, StringComparison.Ordinal);
        foreach (var kept in new[] { "00000000000000000000", "callSite", "spark.app", "warehouse", "add-opens" })
        {
            Assert.DoesNotContain(kept, worker.Log, StringComparison.Ordinal);
        }
    }
}
