namespace Mlp.Training.Distributed.Collectives;

/// <summary>Ranks did not come to a call in time. <see cref="CollectiveException.Ranks"/> are those that were waited for.</summary>
/// <param name="message">The sentence.</param>
/// <param name="innerException">What lies below; null for nothing.</param>
public sealed class CollectiveTimeoutException(string message, Exception? innerException = null) : CollectiveException(message, innerException);
