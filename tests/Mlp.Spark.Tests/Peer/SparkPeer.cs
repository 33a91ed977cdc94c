using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Mlp.Spark.Worker.Protocol;

namespace Mlp.Spark.Tests.Peer;

/// <summary>Spark's end of a connection.</summary>
public sealed class SparkPeer : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;

    /// <summary>Takes a connection.</summary>
    public SparkPeer(Socket socket)
    {
        _socket = socket;
        _socket.ReceiveTimeout = (int)WorkerProcess.Patience.TotalMilliseconds;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>The process that the worker says it is.</summary>
    public int ProcessId { get; private set; }

    /// <summary>Meets a daemon: it says who it is, and takes the secret.</summary>
    public void MeetDaemon(string? secret)
    {
        ProcessId = ReadInt32();
        if (secret is not null)
        {
            WriteText(secret);
            Require("ok", ReadText(), "the answer to the secret");
        }
    }

    /// <summary>Meets a worker of its own process: it brings the secret, then says who it is.</summary>
    public void MeetSingle(string secret)
    {
        Require(secret, ReadText(), "the secret");
        WriteText("ok");
        ProcessId = ReadInt32();
    }

    /// <summary>Sends a task and reads the answer meanwhile, as Spark does.</summary>
    public WorkerReply Run(byte[] task)
    {
        var writing = OwnThread.Run(() =>
        {
            try
            {
                _stream.Write(task);
            }
            catch (IOException)
            {
                // The worker refused the task before it had read it all.
            }
        });
        var reply = WorkerReply.Read(_stream);
        if (!writing.Wait(WorkerProcess.Patience))
        {
            throw new TimeoutException("The worker did not read its task.");
        }

        return reply;
    }

    /// <summary>Sends a task in parts: each further part when another batch of the answer has come.</summary>
    public WorkerReply RunInParts(params byte[][] parts)
    {
        var sent = 0;
        Write(parts[sent++]);
        return WorkerReply.Read(_stream, () =>
        {
            if (sent < parts.Length)
            {
                Write(parts[sent++]);
            }
        });
    }

    /// <summary>Sends bytes.</summary>
    public void Write(byte[] bytes) => _stream.Write(bytes);

    /// <summary>Sends bytes until there is no room for more.</summary>
    /// <param name="most">The most bytes.</param>
    public void WriteWhatFits(int most)
    {
        var bytes = new byte[1 << 16];
        _socket.Blocking = false;
        var error = SocketError.Success;
        for (var sent = 0; sent < most && error == SocketError.Success;)
        {
            sent += _socket.Send(bytes, 0, bytes.Length, SocketFlags.None, out error);
        }

        _socket.Blocking = true;
    }

    /// <summary>Sends nothing more.</summary>
    public void CloseSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Whether the worker has closed the connection. Waits for it.</summary>
    public bool IsClosed()
    {
        try
        {
            return _stream.ReadByte() < 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Reads an answer.</summary>
    public WorkerReply ReadReply() => WorkerReply.Read(_stream);

    /// <summary>Reads an int32.</summary>
    public int ReadInt32()
    {
        var bytes = new byte[4];
        _stream.ReadExactly(bytes);
        return BinaryPrimitives.ReadInt32BigEndian(bytes);
    }

    /// <summary>Reads text.</summary>
    public string ReadText()
    {
        var bytes = new byte[ReadInt32()];
        _stream.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Writes text.</summary>
    public void WriteText(string text)
    {
        var writer = new ProtocolWriter(_stream);
        writer.WriteText(text);
        writer.Flush();
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private static void Require(string expected, string found, string what)
    {
        if (found != expected)
        {
            throw new InvalidDataException($"Expected '{expected}' as {what}, but found '{found}'.");
        }
    }
}
