using Mlp.Runtime;

namespace Mlp.Training.Distributed.Launch;

/// <summary>Ranks could not be started, or what the launcher left in the environment is half or contradicts itself.</summary>
/// <param name="message">The sentence: which variable, what was expected, what was found.</param>
/// <param name="innerException">What lies below; null for nothing.</param>
public sealed class LaunchException(string message, Exception? innerException = null) : MlPlatformException(message, innerException);
