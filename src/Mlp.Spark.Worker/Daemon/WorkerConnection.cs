using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Mlp.Spark.Worker.Protocol;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Daemon;

/// <summary>One connection of Spark: who both are, and then one task after the other, until Spark closes it. Used by one thread.</summary>
internal sealed class WorkerConnection : IDisposable
{
    /// <summary>The most that a secret has.</summary>
    private const int SecretLength = 1 << 12;

    /// <summary>How long Spark may take to say who it is, and to close a connection whose task failed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Socket _socket;
    private readonly WorkerEnvironment _environment;
    private readonly TaskFunctions _functions;
    private readonly WorkerLog _log;
    private readonly ProtocolReader _input;
    private readonly ProtocolWriter _output;

    /// <summary>Takes a connection, which stays the caller's.</summary>
    /// <param name="socket">The connection.</param>
    /// <param name="environment">What Spark said.</param>
    /// <param name="functions">Makes functions of commands.</param>
    /// <param name="log">Where to say what happens.</param>
    public WorkerConnection(Socket socket, WorkerEnvironment environment, TaskFunctions functions, WorkerLog log)
    {
        SparkSocket.Prepare(socket);
        _socket = socket;
        _environment = environment;
        _functions = functions;
        _log = log;
        var stream = new NetworkStream(socket, ownsSocket: false);
        _input = new ProtocolReader(stream);
        _output = new ProtocolWriter(stream);
    }

    /// <summary>Serves a connection that Spark made.</summary>
    public void Serve() => ServeAfter(MeetAsDaemon);

    /// <summary>Serves the connection of a process for one task.</summary>
    public void ServeSingle() => ServeAfter(MeetAsSingle);

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _output.Dispose();
        }
        catch (Exception e) when (IsEndOfConnection(e))
        {
            // What was not sent is wanted by no one.
        }

        _input.Dispose();
    }

    private void ServeAfter(Func<bool> meet)
    {
        try
        {
            _socket.ReceiveTimeout = (int)Patience.TotalMilliseconds;
            if (meet())
            {
                _socket.ReceiveTimeout = 0;
                while (RunTask())
                {
                }
            }
        }
        catch (Exception e) when (IsEndOfConnection(e))
        {
            // A task that is killed, a query that has enough rows, an executor that ends: all look like this.
            _log.WriteDetail($"Spark closed a connection: {e.Message}");
        }
    }

    /// <summary>The process comes first, so that Spark knows whom to watch; it is the same for every connection.</summary>
    private bool MeetAsDaemon()
    {
        WriteProcess();
        if (_environment.UsesUnixSockets)
        {
            return true;
        }

        var isRight = CryptographicOperations.FixedTimeEquals(_input.ReadBytes("the secret", SecretLength), Encoding.UTF8.GetBytes(_environment.Secret!));
        _output.WriteText(isRight ? "ok" : "err");
        _output.Flush();
        if (!isRight)
        {
            _log.Write("A connection was refused: it brought another secret than Spark's.");
        }

        return isRight;
    }

    private bool MeetAsSingle()
    {
        if (!_environment.UsesUnixSockets)
        {
            _output.WriteText(_environment.Secret!);
            _output.Flush();
            if (_input.ReadText("the answer to the secret") != "ok")
            {
                _log.Write("Spark refused the connection.");
                return false;
            }
        }

        WriteProcess();
        return true;
    }

    private void WriteProcess()
    {
        _output.WriteInt32(Environment.ProcessId);
        _output.Flush();
    }

    /// <summary>Runs the next task.</summary>
    /// <returns>Whether the connection takes another.</returns>
    private bool RunTask()
    {
        if (_input.IsAtEnd())
        {
            return false;
        }

        using var watch = ConnectionWatch.Begin(_socket);
        using var runner = new TaskRunner(_functions, _input, _output);
        try
        {
            var task = new TaskReader(_environment.Protocol).Read(_input);
            _log.WriteDetail($"Runs {task.Identity} of Spark {ProtocolVersionNames.NameOf(task.Version)}.");
            runner.Run(task, watch.Closed);
        }
        catch (Exception e) when (!IsEndOfConnection(e))
        {
            Fail(runner, e, watch.Closed.IsCancellationRequested);
            return false;
        }

        return FinishTask();
    }

    /// <summary>Ends a task. Spark has then written all of its data too, unless a function did not want it all: such a connection takes no other task.</summary>
    private bool FinishTask()
    {
        _output.WriteSignal(ProtocolSignal.EndOfData);
        _output.WriteInt32(0);
        _output.Flush();
        var isUsedUp = _input.ReadInt32() == (int)ProtocolSignal.EndOfTask;
        _output.WriteSignal(isUsedUp ? ProtocolSignal.EndOfTask : ProtocolSignal.EndOfData);
        _output.Flush();
        if (!isUsedUp)
        {
            Leave();
        }

        return isUsedUp;
    }

    private void Fail(TaskRunner runner, Exception error, bool isClosed)
    {
        if (isClosed)
        {
            _log.WriteDetail("Spark closed the connection of a running task.");
            return;
        }

        var text = TaskFailure.Describe(error);
        _log.Write(TaskFailure.IsExpected(error) ? $"A task failed: {text}" : $"A task failed: {error}");
        runner.CloseOutput();
        _output.WriteSignal(ProtocolSignal.Failed);
        _output.WriteText(text);
        _output.Flush();
        Leave();
    }

    /// <summary>Reads what Spark still sends: to close with bytes unread would reset the connection, and with it what Spark has not read yet.</summary>
    private void Leave()
    {
        _socket.Shutdown(SocketShutdown.Send);
        _socket.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        var rest = new byte[1 << 14];
        while (_input.Read(rest) > 0)
        {
        }
    }

    private static bool IsEndOfConnection(Exception e) => e is EndOfStreamException or ObjectDisposedException { ObjectName: "System.Net.Sockets.NetworkStream" or "System.Net.Sockets.Socket" } or SocketException || (e is IOException && e.InnerException is SocketException or ObjectDisposedException);
}
