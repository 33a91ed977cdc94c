using System.Text;

namespace Mlp.Training.Distributed.Collectives.Tcp.Control;

/// <summary>A call as it travels to rank 0 when something went wrong.</summary>
internal static class CallCodec
{
    private const int MaximumCounts = 1 << 16;

    /// <summary>Writes a call; empty for none.</summary>
    public static byte[] Encode(CollectiveCall? given)
    {
        if (given is not { } call)
        {
            return [];
        }

        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(call.Sequence);
        writer.Write((int)call.Kind);
        writer.Write((byte)call.Element);
        writer.Write(call.Length);
        writer.Write((int)call.Operation);
        writer.Write(call.Root);
        writer.Write(call.Counts?.Length ?? -1);
        Array.ForEach(call.Counts ?? [], writer.Write);
        writer.Write(call.Tensor is not null);
        writer.Write(call.Tensor ?? "");
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Reads a call; null from nothing.</summary>
    /// <exception cref="InvalidDataException">The bytes are none.</exception>
    public static CollectiveCall? Decode(byte[] bytes)
    {
        if (bytes.Length == 0)
        {
            return null;
        }

        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
            var call = new CollectiveCall(
                reader.ReadInt64(), (CollectiveKind)reader.ReadInt32(), (ElementType)reader.ReadByte(), reader.ReadInt64(), (ReduceOperation)reader.ReadInt32(), reader.ReadInt32());
            var count = reader.ReadInt32();
            if (count > MaximumCounts)
            {
                throw new InvalidDataException($"Expected the parts of at most {MaximumCounts} ranks, but found {count}.");
            }

            var counts = count < 0 ? null : new int[count];
            for (var i = 0; i < count; i++)
            {
                counts![i] = reader.ReadInt32();
            }

            var (hasTensor, tensor) = (reader.ReadBoolean(), reader.ReadString());
            return call with { Counts = counts, Tensor = hasTensor ? tensor : null };
        }
        catch (Exception exception) when (exception is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new InvalidDataException("Expected the description of a call, but found bytes that are none.", exception);
        }
    }
}
