using System.Runtime.InteropServices;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Labels.Joins;

/// <summary>Records of one length, shared out over files by the hash of what they are about, so that records about the same thing lie in the same file. Not thread-safe.</summary>
internal sealed class SpillSet : IDisposable
{
    private readonly SpillFile?[] _parts;
    private readonly string _prefix;
    private readonly int _recordByteCount;
    private readonly int _shift;

    /// <summary>Creates the set; no file is made before a buffer is full.</summary>
    /// <param name="prefix">Path of the files, without their number.</param>
    /// <param name="partCount">Number of files, a power of 2, at least 2.</param>
    /// <param name="recordByteCount">Bytes of a record.</param>
    public SpillSet(string prefix, int partCount, int recordByteCount)
    {
        _prefix = prefix;
        _recordByteCount = recordByteCount;
        _parts = new SpillFile?[partCount];
        _shift = 64 - int.Log2(partCount);
    }

    /// <summary>Records in all files.</summary>
    public long Count => _parts.Sum(p => p?.Count ?? 0);

    /// <summary>Bytes that went to the disk.</summary>
    public long SpilledByteCount => _parts.Sum(p => p?.SpilledByteCount ?? 0);

    /// <summary>Memory for one more record about something, to be filled before the next call.</summary>
    /// <param name="target">What it is about.</param>
    /// <exception cref="IOException">The disk refused.</exception>
    public Span<byte> Append(in PredictionId target)
    {
        ref var part = ref _parts[PartOf(target)];
        part ??= new SpillFile($"{_prefix}{PartOf(target)}", _recordByteCount);
        return part.Append();
    }

    /// <summary>Reads the records of a file.</summary>
    /// <param name="part">Its number.</param>
    /// <param name="read">Hears of each.</param>
    public void Read(int part, SpillFile.RecordReader read) => _parts[part]?.Read(read);

    /// <summary>Records of a file.</summary>
    /// <param name="part">Its number.</param>
    public long CountOf(int part) => _parts[part]?.Count ?? 0;

    /// <summary>Frees a file that is not needed any more.</summary>
    /// <param name="part">Its number.</param>
    public void Free(int part)
    {
        _parts[part]?.Dispose();
        _parts[part] = null;
    }

    public void Dispose()
    {
        for (var i = 0; i < _parts.Length; i++)
        {
            Free(i);
        }
    }

    private int PartOf(in PredictionId target)
    {
        // Fibonacci hashing of both halves: ids made in a row differ in few bits only.
        var halves = MemoryMarshal.Cast<PredictionId, ulong>(new ReadOnlySpan<PredictionId>(in target));
        var mixed = (halves[0] ^ ulong.RotateLeft(halves[1], 31)) * 0x9E37_79B9_7F4A_7C15;
        return (int)(((mixed ^ (mixed >> 29)) * 0xBF58_476D_1CE4_E5B9) >> _shift);
    }
}
