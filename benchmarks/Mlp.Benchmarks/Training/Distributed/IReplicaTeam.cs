namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>Replicas of one network that take steps when they are told to.</summary>
internal interface IReplicaTeam
{
    /// <summary>What the team is called.</summary>
    string Name { get; }

    /// <summary>Takes steps.</summary>
    /// <param name="steps">How many, above 0.</param>
    /// <returns>Rows per second, of all replicas.</returns>
    double Run(int steps);
}
