namespace SparkScoring;

/// <summary>The program was called in a way that it does not know, or cannot begin.</summary>
internal sealed class SparkScoringException(string message) : Exception(message);
