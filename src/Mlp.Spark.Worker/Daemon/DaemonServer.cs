using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Mlp.Spark.Worker.Protocol;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Daemon;

/// <summary>Takes Spark's connections, each on a thread of its own, which runs one task after the other. All share one process, and so the models.</summary>
/// <param name="environment">What Spark said.</param>
/// <param name="functions">Makes functions of commands.</param>
/// <param name="log">Where to say what happens.</param>
internal sealed class DaemonServer(WorkerEnvironment environment, TaskFunctions functions, WorkerLog log) : IDisposable
{
    /// <summary>How long running tasks have to notice that their connections are gone, before the process ends.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(500);

    /// <summary>Before the next try to take a connection, when none could be taken: the process may have too many files open.</summary>
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<Socket, Thread> _connections = new();
    private readonly Socket _listener = SparkSocket.Listen(environment);
    private readonly ManualResetEventSlim _ending = new();
    private string? _path;

    /// <summary>Says where to connect, and begins to take connections.</summary>
    /// <param name="output">Where Spark reads the port, or the path of the Unix socket.</param>
    public void Start(Stream output)
    {
        using var writer = new ProtocolWriter(output);
        if (_listener.LocalEndPoint is IPEndPoint address)
        {
            writer.WriteInt32(address.Port);
        }
        else
        {
            _path = _listener.LocalEndPoint!.ToString()!;
            writer.WriteText(_path);
        }

        writer.Flush();
        new Thread(Accept) { IsBackground = true, Name = "accept" }.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ending.Set();
        _listener.Dispose();
        if (_path is not null)
        {
            File.Delete(_path);
        }

        foreach (var socket in _connections.Keys)
        {
            socket.Dispose();
        }

        var end = Environment.TickCount64 + (long)Farewell.TotalMilliseconds;
        foreach (var thread in _connections.Values)
        {
            thread.Join((int)Math.Max(0, end - Environment.TickCount64));
        }
    }

    private void Accept()
    {
        while (!_ending.IsSet)
        {
            Socket socket;
            try
            {
                socket = _listener.Accept();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                if (!_ending.Wait(AcceptPause))
                {
                    log.Write($"A connection of Spark could not be taken: {e.Message}");
                }

                continue;
            }

            new Thread(() => Serve(socket)) { IsBackground = true, Name = "task" }.Start();
        }
    }

    private void Serve(Socket socket)
    {
        // Only a thread that runs can be waited for.
        _connections[socket] = Thread.CurrentThread;
        try
        {
            using var connection = new WorkerConnection(socket, environment, functions, log);
            connection.Serve();
        }
        catch (Exception e)
        {
            // Other tasks go on, whatever happens to one.
            log.Write($"A connection ended by an error that nobody foresaw: {e}");
        }
        finally
        {
            _connections.TryRemove(socket, out _);
            socket.Dispose();
        }
    }
}
