using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Mlp.Training.Distributed.Launch;

/// <summary>
/// The first words on every connection. Caller: magic, version, random number. Listener: magic, version, random number, proof. Caller: length, text, proof over it. Listener: a byte and a text that say yes, or why
/// not. The caller proves nothing to a listener that has proved nothing; neither repeats what it heard.
/// </summary>
internal static class PeerHandshake
{
    /// <summary>Version of everything that ranks say to each other.</summary>
    public const ushort Version = 1;

    /// <summary>The longest text of a caller.</summary>
    public const int MaximumTextBytes = 1 << 16;

    private const int OpeningBytes = 4 + sizeof(ushort) + GroupSecret.ProofBytes;

    private static ReadOnlySpan<byte> Magic => "MLPG"u8;

    /// <summary>Introduces this process to a listener.</summary>
    /// <param name="socket">Connected.</param>
    /// <param name="secret">What both know.</param>
    /// <param name="text">Who calls and what for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="longestAnswer">Bytes of the longest answer that is taken.</param>
    /// <param name="proved">Is told when the listener has proved that it knows the secret; null for nobody.</param>
    /// <returns>What the listener says to it.</returns>
    /// <exception cref="RendezvousException">The listener refuses, or is none of ours.</exception>
    public static async Task<byte[]> CallAsync(Socket socket, GroupSecret secret, byte[] text, CancellationToken cancellationToken, int longestAnswer = MaximumTextBytes, Action? proved = null)
    {
        var mine = Opening();
        await SendAsync(socket, mine, cancellationToken).ConfigureAwait(false);
        var theirs = new byte[OpeningBytes + GroupSecret.ProofBytes];
        await ReceiveAsync(socket, theirs, cancellationToken).ConfigureAwait(false);
        if (Objection(theirs) is { } objection)
        {
            throw new RendezvousException($"The process at {socket.RemoteEndPoint} is no rank of this group: {objection}");
        }

        if (!CryptographicOperations.FixedTimeEquals(secret.Prove("listener", Number(mine), Number(theirs)), theirs.AsSpan(OpeningBytes)))
        {
            throw new RendezvousException($"Expected the process at {socket.RemoteEndPoint} to know this group's secret, but its proof does not fit: the secrets differ ({RendezvousOptions.SecretVariable}, or RendezvousOptions.Secret).");
        }

        proved?.Invoke();
        var message = new byte[sizeof(int) + text.Length + GroupSecret.ProofBytes];
        BinaryPrimitives.WriteInt32LittleEndian(message, text.Length);
        text.CopyTo(message, sizeof(int));
        secret.Prove("caller", Number(theirs), Number(mine), text).CopyTo(message, sizeof(int) + text.Length);
        await SendAsync(socket, message, cancellationToken).ConfigureAwait(false);

        var (isAccepted, answer) = await ReadAnswerAsync(socket, longestAnswer, cancellationToken).ConfigureAwait(false);
        return isAccepted ? answer : throw new RendezvousException(Encoding.UTF8.GetString(answer));
    }

    /// <summary>Hears who calls. The caller still waits for <see cref="AnswerAsync"/>.</summary>
    /// <param name="socket">Accepted.</param>
    /// <param name="secret">What both know.</param>
    /// <param name="cancellationToken">Ends the wait for a silent caller.</param>
    /// <returns>The caller's text.</returns>
    /// <exception cref="RendezvousException">The caller is none of ours; it has been told where it listens.</exception>
    public static async Task<byte[]> HearAsync(Socket socket, GroupSecret secret, CancellationToken cancellationToken)
    {
        var theirs = new byte[OpeningBytes];
        await ReceiveAsync(socket, theirs, cancellationToken).ConfigureAwait(false);
        var mine = Opening();
        if (Objection(theirs) is { } objection)
        {
            await SendAsync(socket, [.. mine, .. new byte[GroupSecret.ProofBytes]], cancellationToken).ConfigureAwait(false);
            throw new RendezvousException($"A process at {socket.RemoteEndPoint} is no rank of this group: {objection}");
        }

        await SendAsync(socket, [.. mine, .. secret.Prove("listener", Number(theirs), Number(mine))], cancellationToken).ConfigureAwait(false);
        var length = new byte[sizeof(int)];
        try
        {
            await ReceiveAsync(socket, length, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is RendezvousException or SocketException)
        {
            // A rank that finds a proof wrong says nothing to whoever has given it.
            throw new RendezvousException(
                $"Expected the process at {RefusalLog.AddressOf(socket)} to prove that it knows this group's secret, but it left on seeing this side's proof, as one does whose secret is another or missing ({RendezvousOptions.SecretVariable}, or RendezvousOptions.Secret).",
                exception);
        }

        var count = BinaryPrimitives.ReadInt32LittleEndian(length);
        if (count is < 0 or > MaximumTextBytes)
        {
            throw new RendezvousException($"Expected at most {MaximumTextBytes} bytes from {socket.RemoteEndPoint}, but it announces {count}.");
        }

        var text = new byte[count];
        await ReceiveAsync(socket, text, cancellationToken).ConfigureAwait(false);
        var proof = new byte[GroupSecret.ProofBytes];
        await ReceiveAsync(socket, proof, cancellationToken).ConfigureAwait(false);
        if (CryptographicOperations.FixedTimeEquals(secret.Prove("caller", Number(mine), Number(theirs), text), proof))
        {
            return text;
        }

        await AnswerAsync(socket, false, Encoding.UTF8.GetBytes("Refused: the proof of the group's secret does not fit."), cancellationToken).ConfigureAwait(false);
        throw new RendezvousException($"A process at {socket.RemoteEndPoint} does not know this group's secret.");
    }

    /// <summary>Takes or refuses a caller.</summary>
    public static Task AnswerAsync(Socket socket, bool isAccepted, byte[] answer, CancellationToken cancellationToken)
    {
        var message = new byte[1 + sizeof(int) + answer.Length];
        message[0] = isAccepted ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(1), answer.Length);
        answer.CopyTo(message, 1 + sizeof(int));
        return SendAsync(socket, message, cancellationToken);
    }

    private static async Task<(bool IsAccepted, byte[] Answer)> ReadAnswerAsync(Socket socket, int longest, CancellationToken cancellationToken)
    {
        var head = new byte[1 + sizeof(int)];
        await ReceiveAsync(socket, head, cancellationToken).ConfigureAwait(false);
        var count = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(1));
        if (head[0] > 1 || count < 0 || count > longest)
        {
            throw new RendezvousException($"Expected an answer of at most {longest} bytes from {socket.RemoteEndPoint}, but found {count} bytes of kind {head[0]}.");
        }

        var answer = new byte[count];
        await ReceiveAsync(socket, answer, cancellationToken).ConfigureAwait(false);
        return (head[0] == 1, answer);
    }

    private static byte[] Opening()
    {
        var opening = new byte[OpeningBytes];
        Magic.CopyTo(opening);
        BinaryPrimitives.WriteUInt16LittleEndian(opening.AsSpan(4), Version);
        RandomNumberGenerator.Fill(opening.AsSpan(4 + sizeof(ushort)));
        return opening;
    }

    private static ReadOnlySpan<byte> Number(byte[] opening) => opening.AsSpan(4 + sizeof(ushort), GroupSecret.ProofBytes);

    private static string? Objection(byte[] opening)
    {
        if (!opening.AsSpan(0, 4).SequenceEqual(Magic))
        {
            return $"expected it to begin with 'MLPG', but found 0x{Convert.ToHexString(opening, 0, 4)}.";
        }

        var version = BinaryPrimitives.ReadUInt16LittleEndian(opening.AsSpan(4));
        return version == Version ? null : $"expected version {Version} of the protocol, but it speaks version {version}.";
    }

    private static async Task SendAsync(Socket socket, byte[] bytes, CancellationToken cancellationToken)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await socket.SendAsync(bytes.AsMemory(sent), SocketFlags.None, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task ReceiveAsync(Socket socket, byte[] bytes, CancellationToken cancellationToken)
    {
        for (var received = 0; received < bytes.Length;)
        {
            var count = await socket.ReceiveAsync(bytes.AsMemory(received), SocketFlags.None, cancellationToken).ConfigureAwait(false);
            received += count > 0 ? count : throw new RendezvousException($"Expected {bytes.Length} bytes from {socket.RemoteEndPoint}, but it closed the connection after {received}.");
        }
    }
}
