using System.Text;

namespace Mlp.Training.Distributed.Collectives.Tcp.Control;

/// <summary>Frames of the control channel: magic <c>MLPC</c>, kind, length, body.</summary>
internal static class ControlCodec
{
    /// <summary>Bytes before the body.</summary>
    public const int HeadBytes = 9;

    /// <summary>The longest body.</summary>
    public const int MaximumBodyBytes = 1 << 24;

    private const uint Magic = 0x43504C4D;
    private const int MaximumItems = 1 << 16;

    /// <summary>A frame.</summary>
    public static byte[] Encode(ControlMessage message)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(KindOf(message));
        writer.Write(0);
        WriteBody(writer, message);
        writer.Flush();
        stream.Position = HeadBytes - sizeof(int);
        writer.Write((int)stream.Length - HeadBytes);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Length of the body that follows a head.</summary>
    /// <exception cref="InvalidDataException">It is no head of a frame, or the body is too long.</exception>
    public static int BodyLength(ReadOnlySpan<byte> head)
    {
        var length = BitConverter.ToInt32(head[(HeadBytes - sizeof(int))..]);
        return BitConverter.ToUInt32(head) == Magic && length is >= 0 and <= MaximumBodyBytes
            ? length
            : throw new InvalidDataException($"Expected a frame of the control channel of at most {MaximumBodyBytes} bytes, but found 0x{Convert.ToHexString(head[..HeadBytes])}.");
    }

    /// <summary>Reads a frame.</summary>
    /// <exception cref="InvalidDataException">It is none, or cut short.</exception>
    public static ControlMessage Decode(ReadOnlySpan<byte> frame)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(frame[HeadBytes..].ToArray()), Encoding.UTF8);
            return ReadBody(reader, frame[4]);
        }
        catch (Exception exception) when (exception is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"Expected a frame of the control channel, but its {frame.Length - HeadBytes} bytes of kind {frame[4]} are none.", exception);
        }
    }

    private static byte KindOf(ControlMessage message) => message switch
    {
        ControlMessage.Heartbeat => 1,
        ControlMessage.Offer => 2,
        ControlMessage.Offers => 3,
        ControlMessage.Report => 4,
        ControlMessage.Inquiry => 5,
        ControlMessage.Answer => 6,
        ControlMessage.Verdict => 7,
        ControlMessage.Leave => 8,
        ControlMessage.Left => 9,
        _ => throw new ArgumentOutOfRangeException(nameof(message)),
    };

    private static void WriteBody(BinaryWriter writer, ControlMessage message)
    {
        switch (message)
        {
            case ControlMessage.Offer offer:
                writer.Write(offer.Group);
                writer.Write(offer.Name);
                WriteNumbers(writer, offer.Members);
                writer.Write(offer.Step);
                WriteBytes(writer, offer.Payload);
                break;
            case ControlMessage.Offers offers:
                writer.Write(offers.Group);
                writer.Write(offers.Step);
                writer.Write(offers.Payloads.Length);
                Array.ForEach(offers.Payloads, p => WriteBytes(writer, p));
                break;
            case ControlMessage.Report report:
                writer.Write(report.Group);
                writer.Write((byte)report.Kind);
                WriteBytes(writer, report.Call);
                writer.Write(report.Suspect);
                writer.Write(report.Seconds);
                writer.Write(report.Stated is not null);
                WriteFailure(writer, report.Stated);
                break;
            case ControlMessage.Inquiry inquiry:
                writer.Write(inquiry.Group);
                writer.Write(inquiry.Call);
                break;
            case ControlMessage.Answer answer:
                writer.Write(answer.Group);
                writer.Write(answer.Call);
                WriteBytes(writer, answer.Asked);
                WriteBytes(writer, answer.Current);
                break;
            case ControlMessage.Verdict verdict:
                writer.Write(verdict.Group);
                WriteFailure(writer, verdict.Failure);
                break;
            case ControlMessage.Leave leave:
                writer.Write(leave.Group);
                writer.Write(leave.Calls);
                break;
            case ControlMessage.Left left:
                writer.Write(left.Group);
                writer.Write(left.Rank);
                writer.Write(left.Calls);
                break;
        }
    }

    private static ControlMessage ReadBody(BinaryReader reader, byte kind) => kind switch
    {
        1 => new ControlMessage.Heartbeat(),
        2 => new ControlMessage.Offer(reader.ReadString(), reader.ReadString(), ReadNumbers(reader), reader.ReadInt32(), ReadBytes(reader)),
        3 => new ControlMessage.Offers(reader.ReadString(), reader.ReadInt32(), ReadPayloads(reader)),
        4 => new ControlMessage.Report(
            reader.ReadString(), (TroubleKind)reader.ReadByte(), ReadBytes(reader), reader.ReadInt32(), reader.ReadDouble(), reader.ReadBoolean() ? ReadFailure(reader) : null),
        5 => new ControlMessage.Inquiry(reader.ReadString(), reader.ReadInt64()),
        6 => new ControlMessage.Answer(reader.ReadString(), reader.ReadInt64(), ReadBytes(reader), ReadBytes(reader)),
        7 => new ControlMessage.Verdict(reader.ReadString(), ReadFailure(reader)),
        8 => new ControlMessage.Leave(reader.ReadString(), reader.ReadInt64()),
        9 => new ControlMessage.Left(reader.ReadString(), reader.ReadInt32(), reader.ReadInt64()),
        _ => throw new InvalidDataException($"Expected a message of the control channel, but found kind {kind}."),
    };

    private static void WriteFailure(BinaryWriter writer, GroupFailure? failure)
    {
        if (failure is null)
        {
            return;
        }

        writer.Write(failure.Kind);
        writer.Write(failure.Message);
        WriteNumbers(writer, failure.Ranks);
        writer.Write(failure.Call);
        writer.Write(failure.Sequence);
        writer.Write(failure.Tensor is not null);
        writer.Write(failure.Tensor ?? "");
    }

    private static GroupFailure ReadFailure(BinaryReader reader)
    {
        var failure = new GroupFailure(reader.ReadByte(), reader.ReadString(), ReadNumbers(reader), reader.ReadInt32(), reader.ReadInt64());
        var (hasTensor, tensor) = (reader.ReadBoolean(), reader.ReadString());
        return hasTensor ? failure with { Tensor = tensor } : failure;
    }

    private static void WriteNumbers(BinaryWriter writer, int[] numbers)
    {
        writer.Write(numbers.Length);
        Array.ForEach(numbers, writer.Write);
    }

    private static int[] ReadNumbers(BinaryReader reader)
    {
        var numbers = new int[Count(reader)];
        for (var i = 0; i < numbers.Length; i++)
        {
            numbers[i] = reader.ReadInt32();
        }

        return numbers;
    }

    private static byte[][] ReadPayloads(BinaryReader reader)
    {
        var payloads = new byte[Count(reader)][];
        for (var i = 0; i < payloads.Length; i++)
        {
            payloads[i] = ReadBytes(reader);
        }

        return payloads;
    }

    private static void WriteBytes(BinaryWriter writer, byte[] bytes)
    {
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    private static byte[] ReadBytes(BinaryReader reader)
    {
        var count = reader.ReadInt32();
        var bytes = count is >= 0 and <= MaximumBodyBytes ? reader.ReadBytes(count) : [];
        return bytes.Length == count ? bytes : throw new InvalidDataException($"Expected {count} bytes, but found {bytes.Length}.");
    }

    private static int Count(BinaryReader reader)
        => reader.ReadInt32() is var count and >= 0 and <= MaximumItems ? count : throw new InvalidDataException($"Expected at most {MaximumItems} items.");
}
