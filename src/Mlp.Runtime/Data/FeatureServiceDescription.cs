namespace Mlp.Runtime.Data;

/// <summary>What a feature service delivers: the contract between features and models. Immutable and thread-safe.</summary>
/// <param name="Name">Service name.</param>
/// <param name="Version">Service version, from 1.</param>
/// <param name="Fingerprint">SHA-256 of the canonical definition (views, fields, types, order, keys, time to live), 64 lower-case hexadecimal digits.</param>
/// <param name="Keys">
/// The entity keys of all its views, each once, in ordinal order of their names, whichever view the service names first. Entity keys have this order wherever they are positional: in calls with
/// <see cref="EntityValue"/>s, in observers, in the prediction log and its labels, and in hashes of keys.
/// </param>
/// <param name="Layout">Its features in order.</param>
public sealed record FeatureServiceDescription(
    string Name,
    int Version,
    string Fingerprint,
    IReadOnlyList<KeyColumn> Keys,
    FeatureRowLayout Layout)
{
    /// <summary>The short form that stands in manifests and messages.</summary>
    public FeatureServiceReference Reference => new(Name, Version, Fingerprint);
}
