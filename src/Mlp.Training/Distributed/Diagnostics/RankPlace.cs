namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>Where a rank runs.</summary>
/// <param name="Host">The machine.</param>
/// <param name="ProcessId">The process.</param>
/// <param name="Processors">Processors that the process may use.</param>
internal sealed record RankPlace(string Host, int ProcessId, int Processors)
{
    /// <summary>Where this process runs.</summary>
    public static RankPlace Here { get; } = new(Environment.MachineName, Environment.ProcessId, Environment.ProcessorCount);
}
