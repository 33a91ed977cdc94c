namespace Mlp.Features.Online;

/// <summary>A row that may not be seen yet. Compared by reference.</summary>
/// <param name="due">When it may be seen, microseconds.</param>
/// <param name="key">View id and canonical entity key.</param>
/// <param name="row">Row bytes.</param>
internal sealed class DueRow(long due, byte[] key, byte[] row)
{
    // The object, two arrays, and its places in the queue and by its key.
    private const int Overhead = 200;

    /// <summary>About how many bytes of memory it takes.</summary>
    internal int Size => SizeOf(Key, Row);

    /// <summary>About how many bytes of memory a row takes.</summary>
    /// <param name="key">View id and canonical entity key.</param>
    /// <param name="row">Row bytes.</param>
    internal static int SizeOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row) => key.Length + row.Length + Overhead;

    /// <summary>When it may be seen, microseconds.</summary>
    internal long Due { get; } = due;

    /// <summary>View id and canonical entity key.</summary>
    internal byte[] Key { get; } = key;

    /// <summary>Row bytes.</summary>
    internal byte[] Row { get; } = row;
}
