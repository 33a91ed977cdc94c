namespace Mlp.Runtime.Data;

/// <summary>The state of one feature view that a training set was read from.</summary>
/// <param name="View">View name.</param>
/// <param name="Version">View version.</param>
/// <param name="Fingerprint">SHA-256 of the view's canonical definition, 64 lower-case hexadecimal digits.</param>
/// <param name="Commit">Number of the newest commit that was read; 0 when the view had none.</param>
public sealed record FeatureViewCommit(string View, int Version, string Fingerprint, long Commit);
