namespace Mlp.Runtime;

/// <summary>A native library is not beside the application: it lacks a package that only the application can choose.</summary>
/// <param name="package">The NuGet package to add.</param>
/// <param name="library">File name of the library that could not be loaded.</param>
/// <param name="innerException">What the loader said.</param>
public sealed class MissingNativePackageException(string package, string library, Exception? innerException = null)
    : MlPlatformException(
        $"Expected the native library '{library}' beside the application, but it could not be loaded: add the NuGet package '{package}' to the application's project.",
        innerException)
{
    /// <summary>The NuGet package to add.</summary>
    public string Package { get; } = package;

    /// <summary>File name of the library that could not be loaded.</summary>
    public string Library { get; } = library;
}
