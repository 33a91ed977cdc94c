using System.Runtime.InteropServices;

namespace Mlp.Training.Distributed.Collectives.Nccl.Interop;

/// <summary>Functions of one of several native libraries that may be there.</summary>
/// <param name="library">The library.</param>
/// <param name="path">What it was found as, for sentences.</param>
internal sealed class NativeFunctions(nint library, string path)
{
    /// <summary>The libtorch with CUDA; its dependencies are searched with it.</summary>
    public const string TorchCuda = "libtorch_cuda.so";

    /// <summary>What it was found as.</summary>
    public string Path => path;

    /// <summary>Opens the first library that has a function.</summary>
    /// <param name="what">What it is, for the sentence.</param>
    /// <param name="candidates">Files and names, in order.</param>
    /// <param name="function">What it must have.</param>
    /// <exception cref="GpuUnavailableException">None has.</exception>
    public static NativeFunctions Open(string what, IReadOnlyList<string> candidates, string function)
    {
        foreach (var candidate in candidates)
        {
            if (!NativeLibrary.TryLoad(candidate, out var library))
            {
                continue;
            }

            // Searches what the library depends on as well, in which the CUDA runtime of libtorch lies.
            if (NativeLibrary.TryGetExport(library, function, out _))
            {
                return new(library, candidate);
            }

            NativeLibrary.Free(library);
        }

        throw new GpuUnavailableException($"Expected {what}, but found none: looked for {function} in {string.Join(", ", candidates.Select(c => $"'{c}'"))}.");
    }

    /// <summary>Address of a function.</summary>
    /// <exception cref="GpuUnavailableException">The library lacks it.</exception>
    public nint Find(string function) => NativeLibrary.TryGetExport(library, function, out var address)
        ? address
        : throw new GpuUnavailableException($"Expected a library with the function {function}, but '{path}' has none: it is too old.");
}
