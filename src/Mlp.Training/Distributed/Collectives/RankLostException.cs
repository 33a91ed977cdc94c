namespace Mlp.Training.Distributed.Collectives;

/// <summary>A rank has ended, or its connection has broken. <see cref="CollectiveException.Ranks"/> are those that are gone.</summary>
/// <param name="message">The sentence.</param>
/// <param name="innerException">What lies below; null for nothing.</param>
public sealed class RankLostException(string message, Exception? innerException = null) : CollectiveException(message, innerException);
