namespace Mlp.Runtime;

/// <summary>A file was written in a format version that this version of the library cannot read.</summary>
public sealed class UnsupportedFormatVersionException : MlPlatformException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="found">Format version that the file names.</param>
    /// <param name="supported">Newest format version that this library reads.</param>
    public UnsupportedFormatVersionException(string path, int found, int supported)
        : base(FormattableString.Invariant(
            $"The file '{path}' has format version {found}, but this version of the library reads versions 1 to {supported}. Read it with a newer version of the library."))
    {
        Path = path;
        Found = found;
        Supported = supported;
    }

    /// <summary>Path of the file.</summary>
    public string Path { get; }

    /// <summary>Format version that the file names.</summary>
    public int Found { get; }

    /// <summary>Newest format version that this library reads.</summary>
    public int Supported { get; }
}
