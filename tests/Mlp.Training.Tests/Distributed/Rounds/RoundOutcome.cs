namespace Mlp.Training.Tests.Distributed.Rounds;

/// <summary>How a round ended that ended well.</summary>
/// <param name="Sentence">What followed from the fault.</param>
/// <param name="Milliseconds">How long others waited for that; 0 where nobody did.</param>
/// <param name="Loss">The loss of the training; null for none.</param>
internal sealed record RoundOutcome(string Sentence, double Milliseconds = 0, double? Loss = null);
