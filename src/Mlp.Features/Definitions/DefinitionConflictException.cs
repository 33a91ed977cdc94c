using Mlp.Runtime;

namespace Mlp.Features.Definitions;

/// <summary>A definition differs from the one that is stored under the same name and version.</summary>
/// <param name="name">Name of the definition.</param>
/// <param name="version">Its version.</param>
/// <param name="path">Full path of the stored definition.</param>
/// <param name="differences">What differs, a phrase each.</param>
public sealed class DefinitionConflictException(string name, int version, string path, IReadOnlyList<string> differences)
    : MlPlatformException(
        $"Expected '{name}' version {version} to be as stored in '{path}', but it differs: {string.Join("; ", differences)}. Raise the version to change a definition.")
{
    /// <summary>Name of the definition.</summary>
    public string Name { get; } = name;

    /// <summary>Its version.</summary>
    public int Version { get; } = version;

    /// <summary>Full path of the stored definition.</summary>
    public string Path { get; } = path;

    /// <summary>What differs, a phrase each.</summary>
    public IReadOnlyList<string> Differences { get; } = differences;
}
