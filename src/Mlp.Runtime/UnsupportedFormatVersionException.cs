namespace Mlp.Runtime;

/// <summary>A file was written by a newer version of the platform.</summary>
/// <param name="path">Full path of the file.</param>
/// <param name="found">Format version found.</param>
/// <param name="supported">Newest format version that this version reads.</param>
public sealed class UnsupportedFormatVersionException(string path, int found, int supported)
    : MlPlatformException($"Expected format version {supported} or older in '{path}', but found version {found}: it was written by a newer version of the platform.")
{
    /// <summary>Full path of the file.</summary>
    public string Path { get; } = path;

    /// <summary>Format version found.</summary>
    public int Found { get; } = found;

    /// <summary>Newest format version that this version reads.</summary>
    public int Supported { get; } = supported;
}
