namespace Mlp.Training.Tests.Distributed.Collectives;

/// <summary>What a rank that a test kills throws.</summary>
public sealed class InjectedFaultException(int rank, long sequence) : Exception($"Rank {rank} was killed at call {sequence}.");
