using Mlp.Runtime;

namespace Mlp.Training.Distributed.Collectives.Mpi;

/// <summary>An MPI library is missing, cannot be used, or has refused a call.</summary>
/// <param name="message">The sentence.</param>
/// <param name="innerException">What lies below; null for nothing.</param>
public sealed class MpiException(string message, Exception? innerException = null) : MlPlatformException(message, innerException);
