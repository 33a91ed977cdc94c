namespace Mlp.Training.Distributed.Collectives;

/// <summary>Ranks made different calls where all must make the same: another call, type, length, operation, root or name. <see cref="CollectiveException.Ranks"/> are those that differ from the most; where as many stand against as many, those that differ from the lowest rank.</summary>
/// <param name="message">The sentence.</param>
public sealed class CollectiveMismatchException(string message) : CollectiveException(message);
