using System.IO.Hashing;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlp.Runtime.Statistics.Sketches;

/// <summary>How many distinct values there are, from 4 KB. Not safe for use by several threads at once.</summary>
/// <remarks>
/// Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog" (2007) over XXH3 of 64 bits, with the estimator of Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (2017, algorithm 6), which needs no table of corrections and depends on the registers only:
/// merged and single sketches are the same, bit by bit. Its relative standard error is √(3 ln 2 − 1) / √m = 1.04 / √m (m = 2^p): 1.62 % for p = 12. A value counts by its bits: the numbers 1 of float64 and 1 of int64 are two values in one sketch; signed zeros are one.
/// </remarks>
internal sealed class HyperLogLog
{
    /// <summary>p unless told otherwise.</summary>
    internal const int DefaultPrecision = 12;

    private const int BlockLength = 1024;
    private readonly byte[] _registers;

    /// <summary>Creates an empty sketch.</summary>
    /// <param name="precision">p, 4 to 16.</param>
    /// <exception cref="ArgumentOutOfRangeException">p is outside its range.</exception>
    internal HyperLogLog(int precision = DefaultPrecision)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(precision, 4);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(precision, 16);
        Precision = precision;
        _registers = new byte[1 << precision];
    }

    /// <summary>p: 2^p registers.</summary>
    internal int Precision { get; }

    /// <summary>The standard error of <see cref="Estimate"/> as a share of the truth.</summary>
    internal double RelativeStandardError => Math.Sqrt(((3 * Math.Log(2)) - 1) / _registers.Length);

    /// <summary>The registers.</summary>
    internal ReadOnlySpan<byte> Registers => _registers;

    /// <summary>A copy.</summary>
    internal HyperLogLog Clone()
    {
        var clone = new HyperLogLog(Precision);
        _registers.CopyTo(clone._registers, 0);
        return clone;
    }

    /// <summary>Adds numbers.</summary>
    /// <param name="values">Without NaN.</param>
    internal void Add(ReadOnlySpan<double> values)
    {
        Span<double> positive = stackalloc double[Math.Min(BlockLength, values.Length)];
        for (; !values.IsEmpty; values = values[positive.Length..])
        {
            positive = positive[..Math.Min(positive.Length, values.Length)];

            // -0 + 0 is +0.
            TensorPrimitives.Add(values[..positive.Length], 0.0, positive);
            AddBits(MemoryMarshal.Cast<double, ulong>(positive));
        }
    }

    /// <summary>Adds integers.</summary>
    /// <param name="values">Any.</param>
    internal void Add(ReadOnlySpan<long> values)
    {
        for (; values.Length > BlockLength; values = values[BlockLength..])
        {
            AddBits(MemoryMarshal.Cast<long, ulong>(values[..BlockLength]));
        }

        AddBits(MemoryMarshal.Cast<long, ulong>(values));
    }

    /// <summary>Adds bytes, as those of a text in UTF-8.</summary>
    /// <param name="bytes">The value.</param>
    internal void AddBytes(ReadOnlySpan<byte> bytes) => AddHash(XxHash3.HashToUInt64(bytes));

    /// <summary>Adds a value by its hash.</summary>
    /// <param name="hash">64 even bits.</param>
    internal void AddHash(ulong hash)
    {
        ref var register = ref _registers[hash >> (64 - Precision)];
        var rank = (byte)(BitOperations.LeadingZeroCount((hash << Precision) | (1UL << (Precision - 1))) + 1);
        if (rank > register)
        {
            register = rank;
        }
    }

    /// <summary>The number of distinct values; 0 where there are none.</summary>
    internal double Estimate()
    {
        var limit = 64 - Precision;
        Span<int> counts = stackalloc int[limit + 2];
        counts.Clear();
        foreach (var register in _registers)
        {
            counts[register]++;
        }

        double m = _registers.Length;
        var z = m * Tau(1 - (counts[limit + 1] / m));
        for (var k = limit; k >= 1; k--)
        {
            z = 0.5 * (z + counts[k]);
        }

        z += m * Sigma(counts[0] / m);
        return m * m / (2 * Math.Log(2) * z);
    }

    /// <summary>Adds what another sketch has seen.</summary>
    /// <param name="other">The other; unchanged.</param>
    /// <exception cref="ArgumentException">It has another precision.</exception>
    internal void Merge(HyperLogLog other)
    {
        if (other.Precision != Precision)
        {
            throw new ArgumentException(FormattableString.Invariant($"Expected a distinct count of precision {Precision}, but found one of {other.Precision}."), nameof(other));
        }

        TensorPrimitives.Max<byte>(_registers, other._registers, _registers);
    }

    /// <summary>Writes the sketch (format version 1): the registers that are not 0, or where those are many, four bits a register above the least, and what they do not hold.</summary>
    /// <param name="writer">Where to.</param>
    internal void Write(SketchWriter writer)
    {
        writer.WriteHeader(SketchFormat.HyperLogLog);
        writer.WriteByte((byte)Precision);
        var occupied = _registers.Length - _registers.AsSpan().Count((byte)0);
        if (occupied * 3 < _registers.Length / 2)
        {
            writer.WriteByte(0);
            WriteFrom(writer, _registers, 1);
            return;
        }

        var least = TensorPrimitives.Min<byte>(_registers);
        writer.WriteByte(1);
        writer.WriteByte(least);
        var pairs = writer.Take(_registers.Length / 2);
        for (var i = 0; i < pairs.Length; i++)
        {
            pairs[i] = (byte)(Math.Min(_registers[2 * i] - least, 15) | (Math.Min(_registers[(2 * i) + 1] - least, 15) << 4));
        }

        WriteFrom(writer, _registers, least + 15);
    }

    /// <summary>Reads a sketch.</summary>
    /// <param name="reader">Where from.</param>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    internal static HyperLogLog Read(ref SketchReader reader)
    {
        reader.ReadHeader(SketchFormat.HyperLogLog);
        var precision = reader.ReadByte();
        SketchReader.Require(precision is >= 4 and <= 16, "the precision of a distinct count is 4 to 16");
        var sketch = new HyperLogLog(precision);
        var registers = sketch._registers;
        if (reader.ReadByte() == 1)
        {
            var least = reader.ReadByte();
            SketchReader.Require(least <= 64 - precision + 1, "the registers of a distinct count lie in their range");
            var pairs = reader.Take(registers.Length / 2);
            Unpack(pairs, least, registers);
        }

        var position = -1;
        for (var count = reader.ReadCount(registers.Length); count > 0; count--)
        {
            position += reader.ReadCount(registers.Length);
            SketchReader.Require(position >= 0 && position < registers.Length, "the registers of a distinct count lie in their range");
            registers[position] = reader.ReadByte();
        }

        SketchReader.Require(TensorPrimitives.Max<byte>(registers) <= 64 - precision + 1, "the registers of a distinct count lie in their range");
        return sketch;
    }

    /// <summary>Passes over a sketch, and refuses what <see cref="Read"/> refuses.</summary>
    /// <param name="reader">Where from.</param>
    /// <inheritdoc cref="Read" path="/exception"/>
    internal static void Skip(ref SketchReader reader)
    {
        var whole = reader;
        reader.ReadHeader(SketchFormat.HyperLogLog);
        var precision = reader.ReadByte();
        SketchReader.Require(precision is >= 4 and <= 16, "the precision of a distinct count is 4 to 16");
        var (count, greatest) = (1 << precision, 64 - precision + 1);
        if (reader.ReadByte() == 1)
        {
            if (reader.ReadByte() + 15 > greatest)
            {
                // Registers that no number of values reaches: only all of them say whether they are in range.
                reader = whole;
                Read(ref reader);
                return;
            }

            reader.Take(count / 2);
        }

        var (position, isSound) = (-1, true);
        for (var left = reader.ReadCount(count); left > 0; left--)
        {
            position += reader.ReadCount(count);
            isSound &= position >= 0 && position < count && reader.ReadByte() <= greatest;
        }

        SketchReader.Require(isSound, "the registers of a distinct count lie in their range");
    }

    /// <summary>Two registers of each byte, the lower half first, eight pairs at once where the processor can.</summary>
    private static void Unpack(ReadOnlySpan<byte> pairs, byte least, Span<byte> registers)
    {
        var i = 0;
        if (Vector128.IsHardwareAccelerated && BitConverter.IsLittleEndian)
        {
            var lower = Vector128.Create((ushort)0x000F);
            var offset = Vector128.Create((ushort)(least * 0x0101));
            var target = MemoryMarshal.Cast<byte, ushort>(registers);
            for (; i <= pairs.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
            {
                var (first, second) = Vector128.Widen(Vector128.Create(pairs[i..]));
                (((first & lower) | ((first >> 4) << 8)) + offset).CopyTo(target[i..]);
                (((second & lower) | ((second >> 4) << 8)) + offset).CopyTo(target[(i + Vector128<ushort>.Count)..]);
            }
        }

        for (; i < pairs.Length; i++)
        {
            (registers[2 * i], registers[(2 * i) + 1]) = ((byte)(least + (pairs[i] & 15)), (byte)(least + (pairs[i] >> 4)));
        }
    }

    private static void WriteFrom(SketchWriter writer, ReadOnlySpan<byte> registers, int least)
    {
        var count = 0;
        foreach (var register in registers)
        {
            count += register >= least ? 1 : 0;
        }

        writer.WriteVarint((ulong)count);
        var last = -1;
        for (var i = 0; i < registers.Length; i++)
        {
            if (registers[i] >= least)
            {
                writer.WriteVarint((ulong)(i - last));
                writer.WriteByte(registers[i]);
                last = i;
            }
        }
    }

    private void AddBits(ReadOnlySpan<ulong> bits)
    {
        Span<ulong> hashes = stackalloc ulong[bits.Length];
        XxHash3Lanes.Hash(bits, hashes);
        foreach (var hash in hashes)
        {
            AddHash(hash);
        }
    }

    private static double Sigma(double x)
    {
        if (x == 1)
        {
            return double.PositiveInfinity;
        }

        var (y, z, last) = (1.0, x, double.NaN);
        while (z != last)
        {
            x *= x;
            last = z;
            z += x * y;
            y += y;
        }

        return z;
    }

    private static double Tau(double x)
    {
        if (x is 0 or 1)
        {
            return 0;
        }

        var (y, z, last) = (1.0, 1 - x, double.NaN);
        while (z != last)
        {
            x = Math.Sqrt(x);
            last = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        }

        return z / 3;
    }
}
