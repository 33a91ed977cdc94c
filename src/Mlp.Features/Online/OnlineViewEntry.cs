namespace Mlp.Features.Online;

/// <summary>One version of a view and the number that stands for it in keys and frames.</summary>
/// <param name="Id">The number, from 1.</param>
/// <param name="Name">View name.</param>
/// <param name="Version">View version.</param>
/// <param name="Fingerprint">Fingerprint of the definition.</param>
internal sealed record OnlineViewEntry(uint Id, string Name, int Version, string Fingerprint);
