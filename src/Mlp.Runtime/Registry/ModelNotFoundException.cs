namespace Mlp.Runtime.Registry;

/// <summary>A model, version or alias does not exist.</summary>
/// <param name="model">Model name.</param>
/// <param name="wanted">What was asked for: a version or an alias.</param>
/// <param name="message">The sentence.</param>
public sealed class ModelNotFoundException(string model, string wanted, string message) : MlPlatformException(message)
{
    /// <summary>Model name.</summary>
    public string Model { get; } = model;

    /// <summary>What was asked for: a version or an alias.</summary>
    public string Wanted { get; } = wanted;

    /// <summary>A version that is not in the registry.</summary>
    internal static ModelNotFoundException ForVersion(string model, int version) => new(
        model,
        FormattableString.Invariant($"version {version}"),
        FormattableString.Invariant($"Expected version {version} of model '{model}' in the registry, but found no such version."));
}
