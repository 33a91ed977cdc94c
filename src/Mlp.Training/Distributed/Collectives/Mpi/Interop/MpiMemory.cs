using System.Runtime.InteropServices;

namespace Mlp.Training.Distributed.Collectives.Mpi.Interop;

/// <summary>Memory of a group that MPI reads and writes while a call is under way: heads of calls, lengths and places of parts, and room for the values of other ranks.</summary>
internal sealed unsafe class MpiMemory
{
    /// <summary>Bytes of a rank's head and what goes with it.</summary>
    public const int FrameBytes = 256;

    private const int Alignment = 64;
    private const int RequestCount = 4;

    private readonly byte* _block;
    private byte* _room;
    private long _roomBytes;

    /// <summary>Takes it.</summary>
    /// <param name="worldSize">Ranks of the group.</param>
    public MpiMemory(int worldSize)
    {
        var lengths = (nuint)worldSize * sizeof(int);
        var bytes = ((nuint)(worldSize + 2) * FrameBytes) + (6 * lengths) + (RequestCount * (nuint)sizeof(nint));
        _block = (byte*)NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(_block, bytes);
        Frames = _block;
        SentMessage = Frames + (worldSize * FrameBytes);
        ReceivedMessage = SentMessage + FrameBytes;
        Requests = (nint*)(ReceivedMessage + FrameBytes);
        FrameCounts = (int*)(Requests + RequestCount);
        FrameStarts = FrameCounts + worldSize;
        SendCounts = FrameStarts + worldSize;
        SendStarts = SendCounts + worldSize;
        Counts = SendStarts + worldSize;
        Starts = Counts + worldSize;
        for (var rank = 0; rank < worldSize; rank++)
        {
            (FrameCounts[rank], FrameStarts[rank]) = (FrameBytes, rank * FrameBytes);
        }
    }

    /// <summary>A frame of each rank.</summary>
    public byte* Frames { get; }

    /// <summary>The frame that goes ahead of a message.</summary>
    public byte* SentMessage { get; }

    /// <summary>The frame of the other side.</summary>
    public byte* ReceivedMessage { get; }

    /// <summary>Requests.</summary>
    public nint* Requests { get; }

    /// <summary>Lengths of the frames.</summary>
    public int* FrameCounts { get; }

    /// <summary>Places of the frames.</summary>
    public int* FrameStarts { get; }

    /// <summary>Bytes that go to each rank.</summary>
    public int* SendCounts { get; }

    /// <summary>Where they lie.</summary>
    public int* SendStarts { get; }

    /// <summary>Bytes that come from each rank.</summary>
    public int* Counts { get; }

    /// <summary>Where they go.</summary>
    public int* Starts { get; }

    /// <summary>Room for values; what was in it before is gone where it grows.</summary>
    public byte* Room(long bytes)
    {
        if (bytes > _roomBytes)
        {
            NativeMemory.AlignedFree(_room);
            _room = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
            _roomBytes = bytes;
        }

        return _room;
    }

    /// <summary>Gives it back.</summary>
    public void Free()
    {
        NativeMemory.AlignedFree(_room);
        NativeMemory.AlignedFree(_block);
    }
}
