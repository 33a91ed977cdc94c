using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Mlp.Runtime.Inference.Interop;

/// <summary>
/// ONNX Runtime's C interface, for what its C# interface does not offer or does more slowly. A function is at a place in the table that never changes. Both methods throw where a library or a managed binding is laid out
/// otherwise; <see cref="IsMissing"/> tells. Thread-safe.
/// </summary>
internal static unsafe class EngineInterface
{
    /// <summary>The version of the C interface that is asked for: the one that brought the newest function in use.</summary>
    private const uint ApiVersion = 24;

    /// <summary>The table of functions.</summary>
    /// <returns>The table, which lives as long as the process; null from an older library.</returns>
    public static OrtApi* Find()
    {
        // Loaded already, by the binding; this finds the same one and counts it once more.
        var library = NativeLibrary.Load("onnxruntime", typeof(InferenceSession).Assembly, null);
        try
        {
            var apiBase = ((delegate* unmanaged<OrtApiBase*>)NativeLibrary.GetExport(library, "OrtGetApiBase"))();
            return (OrtApi*)((delegate* unmanaged<uint, void*>)apiBase->GetApi)(ApiVersion);
        }
        finally
        {
            NativeLibrary.Free(library);
        }
    }

    /// <summary>The native session, which lives until its owner is disposed of.</summary>
    /// <param name="session">The owner.</param>
    public static nint HandleOf(InferenceSession session) => Handle(session);

    /// <summary>Whether an exception says that the interface cannot be had.</summary>
    /// <param name="exception">What was thrown.</param>
    public static bool IsMissing(Exception exception) => exception is MissingMemberException or TypeLoadException or DllNotFoundException;

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_nativeHandle")]
    private static extern ref nint Handle(InferenceSession session);
}
