namespace Mlp.Features.Online;

/// <summary>What a checkpoint keeps of a view.</summary>
/// <param name="Id">Number of the view.</param>
/// <param name="LastSequence">The highest ingest sequence that was given to a pushed row.</param>
/// <param name="Materialized">How far it has been materialised; null if never.</param>
internal sealed record OnlineCheckpointView(uint Id, long LastSequence, MaterializationMark? Materialized);
