using System.Runtime.InteropServices;

namespace Mlp.Benchmarks.Interop;

/// <summary>The C library's heap. Linux with glibc only.</summary>
internal static partial class NativeHeap
{
    /// <summary>Gives free memory of all arenas back to the system.</summary>
    public static void Trim() => _ = Trim(0);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint padding);
}
