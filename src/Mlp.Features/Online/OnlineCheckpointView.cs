namespace Mlp.Features.Online;

/// <summary>What a checkpoint keeps of a view.</summary>
/// <param name="Id">Number of the view.</param>
/// <param name="LastSequence">The highest ingest sequence that was given to a pushed row.</param>
/// <param name="MaterializedCommit">Last offline commit that was materialised; null if none.</param>
/// <param name="MaterializedAsOf">The time as of which it was, microseconds.</param>
internal sealed record OnlineCheckpointView(uint Id, long LastSequence, long? MaterializedCommit, long? MaterializedAsOf);
