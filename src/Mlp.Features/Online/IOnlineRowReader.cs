namespace Mlp.Features.Online;

/// <summary>Reads rows for one caller at a time. Disposing gives it back; every pending read must have completed.</summary>
internal interface IOnlineRowReader : IDisposable
{
    /// <summary>Reads a row straight into its destination; a key without a row leaves the destination as it is.</summary>
    /// <param name="key">View id and canonical entity key.</param>
    /// <param name="destination">Where the row goes; it must stay until the read has completed.</param>
    /// <returns>True if the read is done, false if it waits for the disk: await <see cref="CompleteAsync"/>.</returns>
    bool Read(ReadOnlySpan<byte> key, in RowDestination destination);

    /// <summary>Completes when every pending read has written its destination. It cannot be cancelled, since the destinations are in use.</summary>
    /// <exception cref="IOException">A row could not be read from the disk.</exception>
    ValueTask CompleteAsync();
}
