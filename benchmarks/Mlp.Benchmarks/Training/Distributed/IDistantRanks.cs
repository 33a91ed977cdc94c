using System.Diagnostics;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>Two ranks with a network between them.</summary>
internal interface IDistantRanks : IDisposable
{
    /// <summary>What lies between them.</summary>
    string Network { get; }

    /// <summary>Starts them: this program, with a command.</summary>
    Process[] Start(string command);

    /// <summary>Sets delay and bandwidth of both directions.</summary>
    /// <param name="ranks">The ranks, which wait for a line.</param>
    /// <param name="delay">Delay of each direction.</param>
    /// <param name="megabitsPerSecond">Bandwidth of each direction.</param>
    void Shape(Process[] ranks, TimeSpan delay, int megabitsPerSecond);
}
