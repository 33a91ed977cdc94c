using System.Runtime.InteropServices;

namespace Mlp.Training.Distributed.Collectives.Nccl.Interop;

/// <summary>By what the ranks of a communicator find each other. One rank makes it and the others are told. Passed by value.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct NcclUniqueId
{
    /// <summary>Its length.</summary>
    public const int Bytes = 128;

    private fixed byte _bytes[Bytes];

    /// <summary>An id that another rank has made.</summary>
    public static NcclUniqueId From(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<NcclUniqueId>(bytes);

    /// <summary>The id as it travels.</summary>
    public readonly byte[] ToArray()
    {
        var bytes = new byte[Bytes];
        MemoryMarshal.Write(bytes, this);
        return bytes;
    }
}
