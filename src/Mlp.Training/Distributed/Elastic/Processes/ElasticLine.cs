using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Elastic.Processes;

/// <summary>A connection between two members, on which both have proved that they know the secret: messages are JSON behind their length. Any thread sends, one receives.</summary>
internal sealed class ElasticLine(Socket socket) : IDisposable
{
    private const int MaximumBytes = 16 << 20;
    private static readonly byte[] Greeting = "elastic"u8.ToArray();

    private readonly SemaphoreSlim _sending = new(1, 1);

    /// <summary>Whether the other side has closed it.</summary>
    public bool IsClosed
    {
        get
        {
            try
            {
                return socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return true;
            }
        }
    }

    /// <summary>The other side's address; empty for a loopback.</summary>
    public string RemoteAddress
    {
        get
        {
            var address = ((IPEndPoint)socket.RemoteEndPoint!).Address;
            address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            return IPAddress.IsLoopback(address) ? "" : address.ToString();
        }
    }

    /// <summary>Calls a member.</summary>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    /// <exception cref="RendezvousException">It is none of ours.</exception>
    public static async Task<ElasticLine> CallAsync(string host, int port, GroupSecret secret, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
            await PeerHandshake.CallAsync(socket, secret, Greeting, cancellationToken).ConfigureAwait(false);
            return new(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Hears a caller.</summary>
    /// <exception cref="RendezvousException">It is none of ours.</exception>
    public static async Task<ElasticLine> HearAsync(Socket socket, GroupSecret secret, CancellationToken cancellationToken)
    {
        socket.NoDelay = true;
        var text = await PeerHandshake.HearAsync(socket, secret, cancellationToken).ConfigureAwait(false);
        if (!text.AsSpan().SequenceEqual(Greeting))
        {
            throw new RendezvousException($"Expected a member of an elastic group from {socket.RemoteEndPoint}, but it wants something else.");
        }

        await PeerHandshake.AnswerAsync(socket, true, [], cancellationToken).ConfigureAwait(false);
        return new(socket);
    }

    /// <summary>Sends a message.</summary>
    /// <exception cref="SocketException">The connection is gone.</exception>
    public async Task SendAsync<T>(T message, JsonTypeInfo<T> json, CancellationToken cancellationToken)
    {
        var text = JsonSerializer.SerializeToUtf8Bytes(message, json);
        var frame = new byte[sizeof(int) + text.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, text.Length);
        text.CopyTo(frame, sizeof(int));
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var sent = 0; sent < frame.Length;)
            {
                sent += await socket.SendAsync(frame.AsMemory(sent), SocketFlags.None, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Receives a message.</summary>
    /// <exception cref="SocketException">The connection is gone.</exception>
    /// <exception cref="InvalidDataException">It is none, or the connection was closed.</exception>
    public async Task<T> ReceiveAsync<T>(JsonTypeInfo<T> json, CancellationToken cancellationToken)
    {
        var head = new byte[sizeof(int)];
        await ReceiveAsync(head, cancellationToken).ConfigureAwait(false);
        var count = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (count is < 0 or > MaximumBytes)
        {
            throw new InvalidDataException($"Expected a message of at most {MaximumBytes} bytes, but it announces {count}.");
        }

        var text = new byte[count];
        await ReceiveAsync(text, cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonSerializer.Deserialize(text, json) ?? throw new InvalidDataException("Expected a message, but found null.");
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"Expected a message, but it cannot be read: {exception.Message}", exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private async Task ReceiveAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        for (var received = 0; received < bytes.Length;)
        {
            var count = await socket.ReceiveAsync(bytes.AsMemory(received), SocketFlags.None, cancellationToken).ConfigureAwait(false);
            received += count > 0 ? count : throw new InvalidDataException("the connection was closed");
        }
    }
}
