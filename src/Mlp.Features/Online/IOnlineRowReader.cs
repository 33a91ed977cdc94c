namespace Mlp.Features.Online;

/// <summary>Reads rows for one caller at a time. Disposing gives it back; every pending read must have completed.</summary>
internal interface IOnlineRowReader : IDisposable
{
    /// <summary>Reads a row straight into its destination; a key without a row leaves the destination as it is.</summary>
    /// <param name="key">View id and canonical entity key.</param>
    /// <param name="destination">Where the row goes; it must stay until the read has completed.</param>
    /// <returns>True if the read is done, false if it waits for the disk: await <see cref="CompleteAsync"/>.</returns>
    bool Read(ReadOnlySpan<byte> key, in RowDestination destination);

    /// <summary>Reads a row like <see cref="Read"/>, but at the latest in <see cref="ReadEnqueued"/>: for many rows, whose memory is then asked for together.</summary>
    /// <param name="key">View id and canonical entity key; copied.</param>
    /// <param name="destination">Where the row goes; it must stay until the read has completed.</param>
    void Enqueue(ReadOnlySpan<byte> key, in RowDestination destination);

    /// <summary>Reads the rows that were enqueued and not yet read.</summary>
    /// <returns>How many rows that were enqueued since the last call wait for the disk: await <see cref="CompleteAsync"/>.</returns>
    int ReadEnqueued();

    /// <summary>Completes when every pending read has written its destination. It cannot be cancelled, since the destinations are in use.</summary>
    /// <exception cref="IOException">A row could not be read from the disk.</exception>
    ValueTask CompleteAsync();
}
