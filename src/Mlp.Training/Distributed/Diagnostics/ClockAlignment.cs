using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>
/// How far the clock of a rank is from that of rank 0, by the exchange of Cristian ("Probabilistic clock synchronization", 1989): the rank asks, rank 0 answers with its time t, and where asking and hearing the answer happened at
/// a and b on the rank's clock, t was at (a + b) / 2, give or take (b − a) / 2. Of some exchanges that which took the least time counts.
/// </summary>
/// <param name="Zero">When rank 0's timeline began, on this rank's clock and in its ticks.</param>
/// <param name="Error">How far that may be off, in ticks.</param>
internal readonly record struct ClockAlignment(long Zero, long Error)
{
    private const int Exchanges = 8;

    /// <summary>Aligns the clocks of all ranks, which all call it.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="clock">This rank's clock.</param>
    /// <param name="known">Where this rank, should it be rank 0, has the beginning from an alignment before; null where there was none.</param>
    public static ClockAlignment Measure(ProcessGroup group, TimeProvider clock, long? known = null)
    {
        var zero = known ?? clock.GetTimestamp();
        var nanosecondsPerTick = 1e9 / clock.TimestampFrequency;
        if (group.Rank > 0)
        {
            return Ask(group, clock, nanosecondsPerTick);
        }

        for (var rank = 1; rank < group.WorldSize; rank++)
        {
            for (var exchange = 0; exchange < Exchanges; exchange++)
            {
                group.Receive<byte>(new byte[1], rank, "clock");
                group.Send<double>([(clock.GetTimestamp() - zero) * nanosecondsPerTick], rank, "clock");
            }
        }

        return new(zero, 0);
    }

    private static ClockAlignment Ask(ProcessGroup group, TimeProvider clock, double nanosecondsPerTick)
    {
        var best = new ClockAlignment(0, long.MaxValue);
        Span<double> answer = [0];
        for (var exchange = 0; exchange < Exchanges; exchange++)
        {
            var asked = clock.GetTimestamp();
            group.Send<byte>([0], 0, "clock");
            group.Receive(answer, 0, "clock");
            var heard = clock.GetTimestamp();
            var error = (heard - asked + 1) / 2;
            if (error < best.Error)
            {
                best = new(asked + ((heard - asked) / 2) - (long)(answer[0] / nanosecondsPerTick), error);
            }
        }

        return best;
    }
}
