namespace Mlp.Runtime.Data;

/// <summary>Names one version of a feature service and the definition it had.</summary>
/// <param name="Name">Service name.</param>
/// <param name="Version">Service version, from 1.</param>
/// <param name="Fingerprint">SHA-256 of the canonical definition, 64 lower-case hexadecimal digits.</param>
public sealed record FeatureServiceReference(string Name, int Version, string Fingerprint);
