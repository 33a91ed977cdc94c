namespace Mlp.Features.Online;

/// <summary>A row that may not be seen yet. Compared by reference.</summary>
/// <param name="due">When it may be seen, microseconds.</param>
/// <param name="key">View id and canonical entity key.</param>
/// <param name="row">Row bytes.</param>
internal sealed class DueRow(long due, byte[] key, byte[] row)
{
    /// <summary>When it may be seen, microseconds.</summary>
    internal long Due { get; } = due;

    /// <summary>View id and canonical entity key.</summary>
    internal byte[] Key { get; } = key;

    /// <summary>Row bytes.</summary>
    internal byte[] Row { get; } = row;
}
