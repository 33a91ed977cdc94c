using System.Collections.Concurrent;

namespace Mlp.Training.Tests.Distributed.Collectives;

/// <summary>A fault of one rank.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Rank">To whom.</param>
/// <param name="Call">At which of its calls, counted from 0 over all kinds of calls.</param>
public sealed record Fault(FaultKind Kind, int Rank, long Call)
{
    /// <summary>How late a rank comes.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Calls that each rank has begun.</summary>
    public ConcurrentDictionary<int, long> Begun { get; } = new();

    /// <summary>Lets a stalled rank go.</summary>
    public ManualResetEventSlim Release { get; } = new();
}
