namespace Mlp.Features.Online;

/// <summary>What a checkpoint keeps of a view.</summary>
/// <param name="Id">Number of the view.</param>
/// <param name="Name">View name.</param>
/// <param name="Version">View version.</param>
/// <param name="Fingerprint">Fingerprint of the definition.</param>
/// <param name="LastSequence">The highest ingest sequence that was given to a pushed row; 0 if none was.</param>
/// <param name="Materialized">How far it has been materialised; null if never.</param>
internal sealed record OnlineCheckpointView(uint Id, string Name, int Version, string Fingerprint, long LastSequence, MaterializationMark? Materialized);
