using Mlp.Runtime;

namespace Mlp.Training;

/// <summary>Training or a group of ranks was asked to use a GPU that this process cannot use. The sentence says what is missing: the library, the GPU, or the one of that number.</summary>
/// <param name="message">The sentence.</param>
/// <param name="innerException">What lies below; null for nothing.</param>
public sealed class GpuUnavailableException(string message, Exception? innerException = null) : MlPlatformException(message, innerException);
