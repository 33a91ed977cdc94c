using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mlp.Spark.Tests.Peer;

/// <summary>The worker as Spark starts it: the real executable, as a daemon.</summary>
public sealed class WorkerProcess : IDisposable
{
    /// <summary>How long anything may take; a busy machine holds things up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly EndPoint _address;
    private readonly string? _secret;

    private WorkerProcess(Process process, EndPoint address, string? secret)
    {
        (_process, _address, _secret) = (process, address, secret);
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_log)
            {
                _log.AppendLine(line.Data);
            }
        };
        process.BeginErrorReadLine();
    }

    /// <summary>Path of the executable.</summary>
    public static string Executable => Path.Combine(AppContext.BaseDirectory, "worker", "mlp-spark-worker");

    /// <summary>Process id.</summary>
    public int Id => _process.Id;

    /// <summary>Standard input, which Spark keeps open.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>What the worker wrote to standard error so far.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Starts a daemon that listens by TCP.</summary>
    /// <param name="variables">Further variables.</param>
    public static WorkerProcess StartDaemon(params (string Name, string Value)[] variables) => StartDaemon(Executable, variables);

    /// <summary>Starts a daemon that listens by TCP.</summary>
    /// <param name="executable">Path of the executable.</param>
    /// <param name="variables">Further variables.</param>
    public static WorkerProcess StartDaemon(string executable, params (string Name, string Value)[] variables)
    {
        var secret = Guid.NewGuid().ToString("N");
        var process = Start(executable, ["-m", "pyspark.daemon", "pyspark.worker"], [("PYTHON_WORKER_FACTORY_SECRET", secret), .. variables]);
        var port = new byte[4];
        process.StandardOutput.BaseStream.ReadExactly(port);
        return new WorkerProcess(process, new IPEndPoint(IPAddress.Loopback, BinaryPrimitives.ReadInt32BigEndian(port)), secret);
    }

    /// <summary>Starts a daemon that listens on a Unix socket.</summary>
    /// <param name="folder">Folder for the socket.</param>
    /// <param name="variables">Further variables.</param>
    public static WorkerProcess StartUnixDaemon(string folder, params (string Name, string Value)[] variables)
    {
        var process = Start(["-m", "pyspark.daemon", "pyspark.worker"], [("PYTHON_UNIX_DOMAIN_ENABLED", "True"), ("PYTHON_WORKER_FACTORY_SOCK_DIR", folder), .. variables]);
        var length = new byte[4];
        process.StandardOutput.BaseStream.ReadExactly(length);
        var path = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        process.StandardOutput.BaseStream.ReadExactly(path);
        return new WorkerProcess(process, new UnixDomainSocketEndPoint(Encoding.UTF8.GetString(path)), secret: null);
    }

    /// <summary>Starts the executable.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="variables">Variables to set; an empty value removes one.</param>
    public static Process Start(IEnumerable<string> arguments, params (string Name, string Value)[] variables) => Start(Executable, arguments, variables);

    private static Process Start(string executable, IEnumerable<string> arguments, (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(executable, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value.Length == 0 ? null : value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Connects as Spark does, and says who we are.</summary>
    public SparkPeer Connect()
    {
        var socket = ConnectOnly();
        var peer = new SparkPeer(socket);
        peer.MeetDaemon(_secret);
        return peer;
    }

    /// <summary>Connects and says nothing.</summary>
    public Socket ConnectOnly()
    {
        var socket = new Socket(_address.AddressFamily, SocketType.Stream, _address is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        socket.Connect(_address);
        return socket;
    }

    /// <summary>Waits for the end, with which <see cref="Log"/> is whole.</summary>
    /// <returns>The exit code.</returns>
    public int WaitForExit()
    {
        if (!_process.WaitForExit(Patience))
        {
            throw new TimeoutException("The worker did not end.");
        }

        // With a time limit the end of standard error is not waited for.
        _process.WaitForExit();
        return _process.ExitCode;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
