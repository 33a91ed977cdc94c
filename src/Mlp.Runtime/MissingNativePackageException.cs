namespace Mlp.Runtime;

/// <summary>A native library is not there because the application lacks the package that brings it.</summary>
/// <param name="package">The NuGet package to add.</param>
/// <param name="library">Name of the native library.</param>
/// <param name="inner">Why it could not be loaded.</param>
public sealed class MissingNativePackageException(string package, string library, Exception inner)
    : MlPlatformException(
        $"Expected the native library '{library}', but it could not be loaded. Add the package '{package}' to the application, which brings it.", inner)
{
    /// <summary>The NuGet package to add.</summary>
    public string Package { get; } = package;

    /// <summary>Name of the native library.</summary>
    public string Library { get; } = library;
}
