using System.Collections.Frozen;
using Mlp.Runtime;

namespace Mlp.Features.Online;

/// <summary>
/// The bytes of online rows by key: the narrow face behind which the engine can be replaced. A key starts with the view id, a row with definition id and version
/// (<see cref="OnlineRowLayout"/>). A write takes effect only if the row replaces the kept one, so writing twice or in another order gives the same store.
/// Thread-safe; readers and writers are rented, each for one caller at a time.
/// </summary>
internal interface IOnlineRowStore : IDisposable
{
    /// <summary>The last failure of the device, null while it works.</summary>
    Exception? Fault { get; }

    /// <summary>Bytes of the log that hold rows, live and replaced.</summary>
    long LogLength { get; }

    /// <summary>The greatest length of key and row together, in bytes.</summary>
    int MaximumRecordLength { get; }

    /// <summary>Rents a reader; disposing gives it back. Allocates nothing when one is free.</summary>
    IOnlineRowReader RentReader();

    /// <summary>Rents a writer; disposing gives it back.</summary>
    IOnlineRowWriter RentWriter();

    /// <summary>Visits the rows of the log from the oldest to the newest: a row that was replaced may come before the one that replaced it. Of rows that are written meanwhile the key is whole and the row may not be.</summary>
    /// <param name="visitor">Gets key and row.</param>
    void Scan(OnlineRowVisitor visitor);

    /// <summary>Writes a checkpoint of everything written before the call, and flushes all of its files to the device.</summary>
    /// <param name="directory">An existing empty directory that receives the checkpoint's own files.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What <see cref="Recover"/> needs beside the directory.</returns>
    Task<RowStoreCheckpoint> CheckpointAsync(string directory, CancellationToken cancellationToken);

    /// <summary>Makes the store what it was at a checkpoint. Called once, before anything is read or written.</summary>
    /// <param name="directory">Directory of the checkpoint.</param>
    /// <param name="checkpoint">What <see cref="CheckpointAsync"/> returned.</param>
    /// <exception cref="CorruptFileException">The files do not hold the checkpoint.</exception>
    void Recover(string directory, RowStoreCheckpoint checkpoint);

    /// <summary>Moves the kept rows to the end of the log, so that older parts can be deleted once no checkpoint needs them.</summary>
    /// <param name="retired">Numbers of views whose rows are not kept.</param>
    /// <returns>A task that completes when the rows have moved.</returns>
    Task CompactAsync(FrozenSet<uint> retired);

    /// <summary>Lets go of rows of a view that was cleared, where they are held beside the log: nobody asks for them any more.</summary>
    /// <param name="viewId">The number that the view had.</param>
    void ForgetView(uint viewId);

    /// <summary>Overwrites what the log files still hold below an address with zeros, and flushes that.</summary>
    /// <param name="address">The lowest <see cref="RowStoreCheckpoint.BeginAddress"/> of the checkpoints that are kept.</param>
    void EraseLogBelow(long address);

    /// <summary>Deletes the log files that hold only addresses below one.</summary>
    /// <param name="address">The lowest <see cref="RowStoreCheckpoint.BeginAddress"/> of the checkpoints that are kept.</param>
    void DeleteLogBelow(long address);
}
