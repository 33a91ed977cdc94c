namespace Mlp.Features.Online;

/// <summary>The offline store as pushing needs it. Thread-safe.</summary>
internal interface IOfflinePushTarget
{
    /// <summary>Gives out ingest sequence numbers of a view, strictly increasing over the life of the data directory.</summary>
    /// <param name="viewId">Number of the view.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="above">A number that all of them are greater than.</param>
    /// <returns>The first, an odd number; the others follow in steps of two.</returns>
    long ReserveSequences(uint viewId, int count, long above);

    /// <summary>The highest sequence number of a pushed row that an offline commit holds. Pushed rows are committed in order, so all below it are there too.</summary>
    /// <param name="viewId">Number of the view.</param>
    /// <returns>The number; <see cref="long.MinValue"/> if there is none.</returns>
    long FindCommittedSequence(uint viewId);

    /// <summary>Makes pushed rows one offline commit, which is on the device when the task completes.</summary>
    /// <param name="viewId">Number of the view.</param>
    /// <param name="frames">Frames of the write-ahead log, in order of sequence.</param>
    /// <param name="cancellationToken">Gives up; nothing is committed then.</param>
    Task CommitAsync(uint viewId, IReadOnlyList<PushedFrame> frames, CancellationToken cancellationToken);
}
