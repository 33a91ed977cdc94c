namespace Mlp.Training.Distributed.Collectives.Nccl.Interop;

/// <summary>A function of NCCL or of CUDA has refused. The message is the end of a sentence.</summary>
/// <param name="message">"CUDA reported 'out of memory' (2) in cudaMalloc".</param>
internal sealed class NativeCallException(string message) : Exception(message);
