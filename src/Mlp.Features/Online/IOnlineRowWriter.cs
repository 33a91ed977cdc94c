namespace Mlp.Features.Online;

/// <summary>Writes rows for one caller at a time. Disposing gives it back; every pending write must have completed.</summary>
internal interface IOnlineRowWriter : IDisposable
{
    /// <summary>Keeps a row if it replaces the kept one (<see cref="OnlineRowCodec.Replaces"/>).</summary>
    /// <param name="key">View id and canonical entity key.</param>
    /// <param name="row">Row bytes.</param>
    /// <returns>True if it is done, false if it waits for the disk: await <see cref="CompleteAsync"/> now and then.</returns>
    bool Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> row);

    /// <summary>Removes the row of a key if the deletion reaches it (<see cref="OnlineRowCodec.Deletes"/>); nothing is kept that would stand before a later row.</summary>
    /// <param name="key">View id and canonical entity key.</param>
    /// <param name="throughSequence">Sequence of the last pushed row that it reaches.</param>
    /// <returns>True if it is done, false if it waits for the disk: await <see cref="CompleteAsync"/> now and then.</returns>
    bool Delete(ReadOnlySpan<byte> key, long throughSequence);

    /// <summary>Completes when every pending write is done.</summary>
    ValueTask CompleteAsync();
}
