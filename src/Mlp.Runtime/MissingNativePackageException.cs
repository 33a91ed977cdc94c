namespace Mlp.Runtime;

/// <summary>A native library is not there: the libraries reference managed code only, and the application chooses the natives by a package of its own.</summary>
/// <param name="package">NuGet package that the application must reference.</param>
/// <param name="library">The engine that could not be loaded.</param>
/// <param name="innerException">What the loader said.</param>
public sealed class MissingNativePackageException(string package, string library, Exception? innerException = null)
    : MlPlatformException($"Expected the native library of {library}, but it could not be loaded. Add the NuGet package '{package}' to the application.", innerException)
{
    /// <summary>NuGet package that the application must reference.</summary>
    public string Package { get; } = package;

    /// <summary>The engine that could not be loaded.</summary>
    public string Library { get; } = library;
}
