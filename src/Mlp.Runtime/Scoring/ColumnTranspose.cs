using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Mlp.Runtime.Scoring;

/// <summary>
/// Writes eight columns side by side into a row-major table: the step from Arrow's layout to a tensor's. On processors with AVX, squares of 8 x 8 (4 x 4 for eight-byte values) are turned
/// in registers, so that memory is read and written in whole vectors. Bits are moved and never looked at.
/// </summary>
internal static class ColumnTranspose
{
    /// <summary>Number of columns that are written at once.</summary>
    public const int Columns = 8;

    /// <summary>Writes eight columns.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <param name="columns">The columns; each has as many values as the first.</param>
    /// <param name="table">Shape (rows, width), row-major.</param>
    /// <param name="width">Width of the table.</param>
    /// <param name="ordinal">Where the first column goes; 0 to width - 8.</param>
    /// <exception cref="ArgumentException">A column or the table is too short.</exception>
    public static void Write<T>(in ColumnSpans<T> columns, Span<T> table, int width, int ordinal)
        where T : unmanaged
    {
        var count = columns.C0.Length;
        Require(columns, table, width, ordinal);
        if (count == 0)
        {
            return;
        }

        var done = 0;
        if (Avx.IsSupported && Unsafe.SizeOf<T>() == sizeof(float))
        {
            done = count & ~7;
            Write4Bytes(columns, table[ordinal..], width, done);
        }
        else if (Avx.IsSupported && Unsafe.SizeOf<T>() == sizeof(double))
        {
            done = count & ~3;
            Write8Bytes(columns.C0, columns.C1, columns.C2, columns.C3, table[ordinal..], width, done);
            Write8Bytes(columns.C4, columns.C5, columns.C6, columns.C7, table[(ordinal + 4)..], width, done);
        }

        WriteScalar(columns, table, width, ordinal, done);
    }

    /// <summary>Writes sixteen columns. Of four bytes each they fill a cache line of the table, which is written once instead of twice.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <param name="left">The first eight columns.</param>
    /// <param name="right">The other eight, of the same length.</param>
    /// <param name="table">Shape (rows, width), row-major.</param>
    /// <param name="width">Width of the table.</param>
    /// <param name="ordinal">Where the first column goes; 0 to width - 16.</param>
    /// <exception cref="ArgumentException">A column or the table is too short.</exception>
    public static void Write<T>(in ColumnSpans<T> left, in ColumnSpans<T> right, Span<T> table, int width, int ordinal)
        where T : unmanaged
    {
        var count = left.C0.Length;
        if (!Avx.IsSupported || Unsafe.SizeOf<T>() != sizeof(float) || right.C0.Length != count || count == 0)
        {
            Write(left, table, width, ordinal);
            Write(right, table, width, ordinal + Columns);
            return;
        }

        Require(left, table, width, ordinal);
        Require(right, table, width, ordinal + Columns);
        ref var target = ref Reference<T, float>(table[ordinal..]);
        ref var targetOfRight = ref Unsafe.Add(ref target, Columns);
        var done = count & ~15;
        for (var row = 0; row < done; row += 16)
        {
            // A line of the cache of each column is read whole before the next eight columns are: measured faster on one block and on separate buffers.
            WriteSquare(left, ref target, row, width);
            WriteSquare(left, ref target, row + 8, width);
            WriteSquare(right, ref targetOfRight, row, width);
            WriteSquare(right, ref targetOfRight, row + 8, width);
        }

        if (done + 8 <= count)
        {
            WriteSquare(left, ref target, done, width);
            WriteSquare(right, ref targetOfRight, done, width);
            done += 8;
        }

        WriteScalar(left, table, width, ordinal, done);
        WriteScalar(right, table, width, ordinal + Columns, done);
    }

    /// <summary>The same value by value, for the rows that are left and for processors without vectors.</summary>
    /// <typeparam name="T">The element type.</typeparam>
    /// <param name="columns">The columns.</param>
    /// <param name="table">Shape (rows, width), row-major.</param>
    /// <param name="width">Width of the table.</param>
    /// <param name="ordinal">Where the first column goes.</param>
    /// <param name="firstRow">First row to write.</param>
    public static void WriteScalar<T>(in ColumnSpans<T> columns, Span<T> table, int width, int ordinal, int firstRow = 0)
        where T : unmanaged
    {
        for (var row = firstRow; row < columns.C0.Length; row++)
        {
            var cells = table.Slice((row * width) + ordinal, Columns);
            cells[7] = columns.C7[row];
            cells[0] = columns.C0[row];
            cells[1] = columns.C1[row];
            cells[2] = columns.C2[row];
            cells[3] = columns.C3[row];
            cells[4] = columns.C4[row];
            cells[5] = columns.C5[row];
            cells[6] = columns.C6[row];
        }
    }

    /// <summary>Below, memory is addressed without further checks.</summary>
    private static void Require<T>(in ColumnSpans<T> columns, Span<T> table, int width, int ordinal)
    {
        var count = columns.C0.Length;
        var shortest = Math.Min(
            Math.Min(Math.Min(columns.C1.Length, columns.C2.Length), Math.Min(columns.C3.Length, columns.C4.Length)),
            Math.Min(Math.Min(columns.C5.Length, columns.C6.Length), columns.C7.Length));
        if (shortest < count || ordinal < 0 || ordinal + Columns > width || table.Length < (long)count * width)
        {
            throw new ArgumentException(
                FormattableString.Invariant($"Expected eight columns of {count} values and a table for them, but found one of {shortest} values and {table.Length} cells."), nameof(columns));
        }
    }

    private static void Write4Bytes<T>(in ColumnSpans<T> columns, Span<T> table, int width, int count)
        where T : unmanaged
    {
        ref var target = ref Reference<T, float>(table);
        for (var row = 0; row < count; row += 8)
        {
            WriteSquare(columns, ref target, row, width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteSquare<T>(in ColumnSpans<T> columns, ref float target, int row, int width)
        where T : unmanaged
    {
        var (a0, a1) = (Load(columns.C0, row), Load(columns.C1, row));
        var (a2, a3) = (Load(columns.C2, row), Load(columns.C3, row));
        var (a4, a5) = (Load(columns.C4, row), Load(columns.C5, row));
        var (a6, a7) = (Load(columns.C6, row), Load(columns.C7, row));
        var (t0, t1) = (Avx.UnpackLow(a0, a1), Avx.UnpackHigh(a0, a1));
        var (t2, t3) = (Avx.UnpackLow(a2, a3), Avx.UnpackHigh(a2, a3));
        var (t4, t5) = (Avx.UnpackLow(a4, a5), Avx.UnpackHigh(a4, a5));
        var (t6, t7) = (Avx.UnpackLow(a6, a7), Avx.UnpackHigh(a6, a7));

        // 0x44 takes the lower, 0xEE the upper pairs of both.
        var (u0, u1) = (Avx.Shuffle(t0, t2, 0x44), Avx.Shuffle(t0, t2, 0xEE));
        var (u2, u3) = (Avx.Shuffle(t1, t3, 0x44), Avx.Shuffle(t1, t3, 0xEE));
        var (u4, u5) = (Avx.Shuffle(t4, t6, 0x44), Avx.Shuffle(t4, t6, 0xEE));
        var (u6, u7) = (Avx.Shuffle(t5, t7, 0x44), Avx.Shuffle(t5, t7, 0xEE));
        var stride = (nuint)width;
        var cell = (nuint)row * stride;
        Avx.Permute2x128(u0, u4, 0x20).StoreUnsafe(ref target, cell);
        Avx.Permute2x128(u1, u5, 0x20).StoreUnsafe(ref target, cell += stride);
        Avx.Permute2x128(u2, u6, 0x20).StoreUnsafe(ref target, cell += stride);
        Avx.Permute2x128(u3, u7, 0x20).StoreUnsafe(ref target, cell += stride);
        Avx.Permute2x128(u0, u4, 0x31).StoreUnsafe(ref target, cell += stride);
        Avx.Permute2x128(u1, u5, 0x31).StoreUnsafe(ref target, cell += stride);
        Avx.Permute2x128(u2, u6, 0x31).StoreUnsafe(ref target, cell += stride);
        Avx.Permute2x128(u3, u7, 0x31).StoreUnsafe(ref target, cell += stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Load<T>(ReadOnlySpan<T> column, int row)
        where T : unmanaged
        => Vector256.LoadUnsafe(ref Reference<T, float>(column), (nuint)row);

    private static void Write8Bytes<T>(
        ReadOnlySpan<T> first, ReadOnlySpan<T> second, ReadOnlySpan<T> third, ReadOnlySpan<T> fourth, Span<T> table, int width, int count)
        where T : unmanaged
    {
        ref var c0 = ref Reference<T, double>(first);
        ref var c1 = ref Reference<T, double>(second);
        ref var c2 = ref Reference<T, double>(third);
        ref var c3 = ref Reference<T, double>(fourth);
        ref var target = ref Reference<T, double>(table);
        var stride = (nuint)width;
        for (nuint row = 0; row < (nuint)count; row += 4)
        {
            var (a0, a1) = (Vector256.LoadUnsafe(ref c0, row), Vector256.LoadUnsafe(ref c1, row));
            var (a2, a3) = (Vector256.LoadUnsafe(ref c2, row), Vector256.LoadUnsafe(ref c3, row));
            var (t0, t1) = (Avx.UnpackLow(a0, a1), Avx.UnpackHigh(a0, a1));
            var (t2, t3) = (Avx.UnpackLow(a2, a3), Avx.UnpackHigh(a2, a3));
            var cell = row * stride;
            Avx.Permute2x128(t0, t2, 0x20).StoreUnsafe(ref target, cell);
            Avx.Permute2x128(t1, t3, 0x20).StoreUnsafe(ref target, cell += stride);
            Avx.Permute2x128(t0, t2, 0x31).StoreUnsafe(ref target, cell += stride);
            Avx.Permute2x128(t1, t3, 0x31).StoreUnsafe(ref target, cell += stride);
        }
    }

    private static ref TTo Reference<T, TTo>(ReadOnlySpan<T> span) => ref Unsafe.As<T, TTo>(ref MemoryMarshal.GetReference(span));
}
