using System.Diagnostics.CodeAnalysis;
using Microsoft.ML.OnnxRuntime;

namespace Mlp.Runtime.Inference;

/// <summary>Where tensors lie that a GPU copies from and to. Disposed of before its session. Thread-safe.</summary>
/// <param name="allocator">Gives the memory.</param>
/// <param name="isPinned">Whether it is page-locked, so that the GPU copies it at full speed.</param>
internal sealed class StagingMemory(OrtAllocator allocator, bool isPinned) : IDisposable
{
    /// <summary>Whether it is page-locked, so that the GPU copies it at full speed.</summary>
    public bool IsPinned => isPinned;

    /// <summary>The page-locked memory of the CUDA provider of a session; ordinary memory where it offers none.</summary>
    /// <param name="session">A session on a GPU.</param>
    /// <param name="device">Which GPU.</param>
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The memory disposes of the allocator.")]
    public static StagingMemory Create(InferenceSession session, int device)
    {
        try
        {
            using var pinned = new OrtMemoryInfo(OrtMemoryInfo.allocatorCUDA_PINNED, OrtAllocatorType.DeviceAllocator, device, OrtMemType.CpuOutput);
            return new StagingMemory(new OrtAllocator(session, pinned), isPinned: true);
        }
        catch (OnnxRuntimeException)
        {
            return Ordinary();
        }
    }

    /// <summary>Ordinary memory.</summary>
    public static StagingMemory Ordinary() => new(OrtAllocator.DefaultInstance, isPinned: false);

    /// <summary>Makes a tensor like another one.</summary>
    /// <param name="tensor">A tensor of numbers or truth values.</param>
    /// <returns>A tensor of the same type and shape, whose values are not set; the caller disposes of it.</returns>
    public OrtValue CreateLike(OrtValue tensor)
    {
        var information = tensor.GetTensorTypeAndShape();
        return OrtValue.CreateAllocatedTensorValue(allocator, information.ElementDataType, information.Shape);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (isPinned)
        {
            allocator.Dispose();
        }
    }
}
