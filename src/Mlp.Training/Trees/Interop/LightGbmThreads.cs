using System.Runtime.InteropServices;

namespace Mlp.Training.Trees.Interop;

/// <summary>
/// How many threads LightGBM's calls on the calling thread take, until it is disposed of. <c>num_threads</c> of LightGBM 4.7 is one number for the whole process, which each call that is given one writes and every loop reads anew: buffers that one training has
/// sized by it are written past their ends once another raises it. So no parameters may name it; without it LightGBM asks OpenMP, whose number each thread has for itself.
/// </summary>
internal readonly unsafe ref struct LightGbmThreads
{
    private static readonly Lazy<(nint Get, nint Set)> Functions = new(() => (Find("omp_get_max_threads"), Find("omp_set_num_threads")));

    private readonly int _before;

    /// <summary>Begins.</summary>
    /// <param name="count">Threads, at least one.</param>
    public LightGbmThreads(int count)
    {
        _before = Current;
        Current = count;
    }

    /// <summary>How many they are on the calling thread now.</summary>
    internal static int Current
    {
        get => ((delegate* unmanaged[Cdecl]<int>)Functions.Value.Get)();
        private set => ((delegate* unmanaged[Cdecl]<int, void>)Functions.Value.Set)(value);
    }

    /// <summary>Gives the thread the number back that it had.</summary>
    public void Dispose() => Current = _before;

    // On Linux and macOS a library's symbols are those of what it needs, too.
    private static nint Find(string name)
        => NativeLibrary.TryGetExport(LightGbmLibrary.Handle, name, out var function)
            || (OperatingSystem.IsWindows() && NativeLibrary.TryLoad("vcomp140.dll", out var openMp) && NativeLibrary.TryGetExport(openMp, name, out function))
            ? function
            : throw new PlatformNotSupportedException($"Expected '{name}' in the OpenMP runtime of LightGBM, but this host's has none.");
}
