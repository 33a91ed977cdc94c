using System.Runtime.InteropServices;

namespace Mlp.Runtime.Interop;

/// <summary>The C library's heap, which keeps freed memory for itself unless it is asked to give it back.</summary>
internal static partial class NativeHeap
{
    private static volatile bool _cannotTrim = !OperatingSystem.IsLinux();

    /// <summary>Gives free memory of all arenas back to the system, where the C library is glibc; elsewhere it does nothing. Takes milliseconds.</summary>
    public static void Trim()
    {
        if (_cannotTrim)
        {
            return;
        }

        try
        {
            _ = Trim(0);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            _cannotTrim = true;
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Trim(nuint padding);
}
