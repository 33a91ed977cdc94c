namespace Mlp.Training.Interop;

/// <summary>
/// Loads libtorch. Everything public in this library that computes with tensors calls it first; an application that touches <c>TorchSharp.torch</c> itself calls it before its
/// first touch, because TorchSharp's own start fails for good on hosts older than its build. Thread-safe.
/// </summary>
public static class Torch
{
    private static readonly Lazy<bool> Loaded = new(
        () =>
        {
            TorchLoader.Load();
            return true;
        });

    /// <summary>
    /// Loads libtorch once per process; later calls do nothing, or fail as the first did. On Linux it sets <c>OMP_WAIT_POLICY=passive</c> for the process before loading, unless
    /// the variable is set, so that idle OpenMP threads do not spin.
    /// </summary>
    /// <exception cref="Mlp.Runtime.MissingNativePackageException">The application lacks the package with libtorch's native libraries.</exception>
    /// <exception cref="PlatformNotSupportedException">libtorch cannot run on this operating system, processor or C library.</exception>
    public static void EnsureLoaded() => _ = Loaded.Value;
}
