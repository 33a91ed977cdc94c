using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Mlp.Runtime;
using Mlp.Training.Interop;

namespace Mlp.Training.Trees.Interop;

/// <summary>Loads LightGBM's library once per process, with an OpenMP runtime that it shares with libtorch where the application has both.</summary>
internal static unsafe class LightGbmLibrary
{
    private const string OpenMp = "libgomp.so.1";

    private static readonly Lazy<nint> Loaded = new(() =>
    {
        var library = Load(NativeSearchPath.Directories());
        NativeLibrary.SetDllImportResolver(typeof(LightGbmLibrary).Assembly, (name, _, _) => name == LightGbmNative.Library ? library : 0);
        return library;
    });

    [ThreadStatic]
    private static bool _isSilent;

    /// <summary>The library; loads it.</summary>
    public static nint Handle => Loaded.Value;

    /// <summary>Loads it; later calls do nothing, or fail as the first did.</summary>
    /// <exception cref="MissingNativePackageException">The application lacks the package LightGBM.</exception>
    /// <exception cref="PlatformNotSupportedException">LightGBM cannot run on this host, or an OpenMP runtime is missing.</exception>
    public static void EnsureLoaded()
    {
        _ = Loaded.Value;
        Silence();
    }

    /// <summary>Keeps LightGBM from writing to the console on this thread; its errors come as exceptions. It prints each of them to the error stream all the same: <c>Log::Fatal</c> knows neither level nor callback.</summary>
    public static void Silence()
    {
        if (!_isSilent)
        {
            LightGbmNative.Check(LightGbmNative.RegisterLogCallback(&Ignore), "be silent");
            _isSilent = true;
        }
    }

    /// <summary>Loads the library from the first of the directories that has it.</summary>
    internal static nint Load(IReadOnlyList<string> directories)
    {
        if (OperatingSystem.IsLinux())
        {
            if (UnsupportedLinux(RuntimeInformation.ProcessArchitecture, RuntimeInformation.RuntimeIdentifier) is { } sentence)
            {
                throw new PlatformNotSupportedException(sentence);
            }

            NativeEnvironment.SetIfUnset("OMP_WAIT_POLICY", "passive");
            LoadOpenMp(directories);
        }

        var file = OperatingSystem.IsWindows() ? "lib_lightgbm.dll" : OperatingSystem.IsMacOS() ? "lib_lightgbm.dylib" : "lib_lightgbm.so";
        var path = NativeSearchPath.Find(directories, file) ?? throw new MissingNativePackageException("LightGBM", $"LightGBM ('{file}')");
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw e.Message.Contains(OpenMp, StringComparison.Ordinal) ? MissingOpenMp(e) : TorchLoader.CannotRun(file, e);
        }
    }

    /// <summary>Why LightGBM's package has no build for a Linux, or null where it has.</summary>
    internal static string? UnsupportedLinux(Architecture architecture, string runtimeIdentifier)
        => architecture != Architecture.X64
            ? $"Expected Linux on x64 to train with LightGBM, but found {architecture}: its package has no build for it."
            : runtimeIdentifier.Contains("musl", StringComparison.Ordinal)
                ? "Expected a Linux with glibc to train with LightGBM, but found musl (Alpine): use a Debian, Ubuntu or RHEL image."
                : null;

    /// <summary>The sentence for a host without an OpenMP runtime.</summary>
    internal static PlatformNotSupportedException MissingOpenMp(Exception cause)
        => new(
            $"Expected the OpenMP runtime '{OpenMp}' that LightGBM needs, but this host has none: install it (Debian and Ubuntu: apt-get install libgomp1), or add the NuGet package 'libtorch-cpu-linux-x64', which brings one.",
            cause);

    // libtorch's copy has the same soname, so that LightGBM binds to it: one runtime, one pool of threads, and none needed on the host.
    private static void LoadOpenMp(IReadOnlyList<string> directories)
    {
        foreach (var directory in directories.Where(Directory.Exists))
        {
            if (Directory.EnumerateFiles(directory, "libgomp-*.so.1").FirstOrDefault() is { } copy && NativeLibrary.TryLoad(copy, out _))
            {
                return;
            }
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Ignore(byte* message)
    {
    }
}
