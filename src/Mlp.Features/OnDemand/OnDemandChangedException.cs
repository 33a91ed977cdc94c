using Mlp.Runtime;

namespace Mlp.Features.OnDemand;

/// <summary>The method of an on-demand view computes something else than it did when its version was first used.</summary>
/// <param name="name">Name of the view.</param>
/// <param name="version">Its version.</param>
/// <param name="feature">The feature that differs.</param>
/// <param name="path">Full path of the file with the inputs and outputs of then.</param>
public sealed class OnDemandChangedException(string name, int version, string feature, string path)
    : MlPlatformException(
        $"Expected the on-demand feature view '{name}' version {version} to compute what it did when it was first used, but feature '{feature}' differs for the rows in '{path}'. Raise the version when the method changes.")
{
    /// <summary>Name of the view.</summary>
    public string Name { get; } = name;

    /// <summary>Its version.</summary>
    public int Version { get; } = version;

    /// <summary>The feature that differs.</summary>
    public string Feature { get; } = feature;

    /// <summary>Full path of the file with the inputs and outputs of then.</summary>
    public string Path { get; } = path;
}
