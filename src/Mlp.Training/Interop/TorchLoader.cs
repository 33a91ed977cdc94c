using System.Runtime.InteropServices;
using Mlp.Runtime;
using TorchSharp;

namespace Mlp.Training.Interop;

/// <summary>Loads the libraries of libtorch in order, helping <c>libLibTorchSharp.so</c> over a libstdc++ that is older than its build.</summary>
internal static class TorchLoader
{
    private const string Glue = "libLibTorchSharp.so";

    // In the order of their dependencies. libtorch_cpu finds its OpenMP runtime by its own search path.
    private static readonly string[] Libraries = ["libc10.so", "libtorch_cpu.so", "libtorch.so"];

    public static void Load()
    {
        if (OperatingSystem.IsLinux())
        {
            if (UnsupportedLinux(RuntimeInformation.ProcessArchitecture, RuntimeInformation.RuntimeIdentifier) is { } sentence)
            {
                throw new PlatformNotSupportedException(sentence);
            }

            NativeEnvironment.SetIfUnset("OMP_WAIT_POLICY", "passive");
            LoadLinux(NativeSearchPath.Directories());
        }

        StartTorchSharp();
    }

    /// <summary>Loads the libraries from the first of the directories that has each.</summary>
    /// <exception cref="MissingNativePackageException">A library is in none of them.</exception>
    /// <exception cref="PlatformNotSupportedException">A library is there and cannot run on this host.</exception>
    internal static void LoadLinux(IReadOnlyList<string> directories)
    {
        foreach (var library in Libraries)
        {
            var path = NativeSearchPath.Find(directories, library) ?? throw new MissingNativePackageException(PackageName(), $"libtorch ('{library}')");
            try
            {
                NativeLibrary.Load(path);
            }
            catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
            {
                throw CannotRun(library, e);
            }
        }

        var glue = NativeSearchPath.Find(directories, Glue) ?? throw new MissingNativePackageException("TorchSharp", $"TorchSharp ('{Glue}')");
        try
        {
            NativeLibrary.Load(glue);
        }
        catch (DllNotFoundException e) when (e.Message.Contains(PatchedTorchLibrary.TooNewVersion, StringComparison.Ordinal))
        {
            PatchedTorchLibrary.Load(glue);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw CannotRun(Glue, e);
        }
    }

    /// <summary>Why libtorch has no build for a Linux, or null where it has.</summary>
    internal static string? UnsupportedLinux(Architecture architecture, string runtimeIdentifier)
        => architecture != Architecture.X64
            ? $"Expected Linux on x64 to train with libtorch, but found {architecture}: TorchSharp has no build for it."
            : runtimeIdentifier.Contains("musl", StringComparison.Ordinal)
                ? "Expected a Linux with glibc to train with libtorch, but found musl (Alpine): use a Debian, Ubuntu or RHEL image."
                : null;

    internal static PlatformNotSupportedException CannotRun(string library, Exception cause)
        => cause.Message.Contains("GLIBC_", StringComparison.Ordinal)
            ? new($"Expected glibc 2.34 or newer to load '{library}', but this host's is older: use Debian 12, Ubuntu 22.04, RHEL 9 or newer.", cause)
            : new($"Expected to load the native library '{library}', but the system refused: see the inner exception for its reason.", cause);

    // Runs TorchSharp's own loader, which now finds everything loaded.
    private static void StartTorchSharp()
    {
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (Exception e) when (e is TypeInitializationException or NotSupportedException or DllNotFoundException)
        {
            throw new MissingNativePackageException(PackageName(), "libtorch", e);
        }
    }

    private static string PackageName()
        => OperatingSystem.IsWindows() ? "libtorch-cpu-win-x64" : OperatingSystem.IsMacOS() ? "libtorch-cpu-osx-arm64" : "libtorch-cpu-linux-x64";
}
