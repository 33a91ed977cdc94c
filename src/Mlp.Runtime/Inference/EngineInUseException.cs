namespace Mlp.Runtime.Inference;

/// <summary>A pool of threads that all sessions share was asked for, but ONNX Runtime has been used in this process before: it takes such a pool at its first call only.</summary>
/// <param name="threadCount">Threads that were asked for.</param>
/// <param name="found">What was found instead, as the rest of a sentence.</param>
public sealed class EngineInUseException(int threadCount, string found)
    : MlPlatformException(FormattableString.Invariant($"Expected to give ONNX Runtime a shared pool of {threadCount} threads at its first call in this process, but {found}."))
{
    /// <summary>Threads that were asked for.</summary>
    public int ThreadCount { get; } = threadCount;
}
