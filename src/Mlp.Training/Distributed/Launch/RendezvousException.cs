using Mlp.Runtime;

namespace Mlp.Training.Distributed.Launch;

/// <summary>This process could not join its group: it was refused, the ranks are not complete in time, or rank 0 cannot be reached. The sentence says which and why.</summary>
/// <param name="message">The sentence.</param>
/// <param name="innerException">What lies below; null for nothing.</param>
public sealed class RendezvousException(string message, Exception? innerException = null) : MlPlatformException(message, innerException);
