namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>The figures of all replicas over some steps.</summary>
/// <param name="worldSize">Replicas.</param>
internal sealed class TeamFigures(int worldSize)
{
    /// <summary><see cref="StepFigures.Own"/> of each rank, one after the other.</summary>
    public double[] Own { get; } = new double[worldSize * StepFigures.OwnCount];

    /// <summary>Sum of <see cref="StepFigures.ByLastRank"/> over the ranks.</summary>
    public double[] ByLastRank { get; } = new double[2 * worldSize];

    /// <summary>Steps, of which all ranks take as many.</summary>
    public long Steps => (long)Own[0];

    /// <summary>Adds other steps.</summary>
    public void Add(ReadOnlySpan<double> own, ReadOnlySpan<double> byLastRank)
    {
        AddTo(Own, own);
        AddTo(ByLastRank, byLastRank);
    }

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        Array.Clear(Own);
        Array.Clear(ByLastRank);
    }

    /// <summary>The means per step.</summary>
    /// <param name="roll">Where the ranks run.</param>
    public DataParallelReport Report(IReadOnlyList<RankPlace> roll)
    {
        var ranks = new RankReport[worldSize];
        var (others, steps) = (Math.Max(1, worldSize - 1), Math.Max(1, Own[0]));
        for (var rank = 0; rank < worldSize; rank++)
        {
            ranks[rank] = new(
                rank, roll[rank].Host, roll[rank].ProcessId, Time(Of(rank, 2)), Time(Of(rank, 3)), ByLastRank[worldSize + rank] / steps / others, Time(ByLastRank[rank] / others));
        }

        var step = Mean(2);
        var rows = Enumerable.Range(0, worldSize).Sum(r => Of(r, 1));
        return new(Steps, Time(step), Time(Mean(3)), step > 0 ? rows / step : 0, ranks) { TransferTime = Time(Mean(4)), WaitTime = Time(Mean(6)) };

        TimeSpan Time(double seconds) => TimeSpan.FromTicks((long)Math.Round(seconds / steps * TimeSpan.TicksPerSecond));
    }

    private static void AddTo(Span<double> sums, ReadOnlySpan<double> values)
    {
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] += values[i];
        }
    }

    private double Of(int rank, int figure) => Own[(rank * StepFigures.OwnCount) + figure];

    private double Mean(int figure) => Enumerable.Range(0, worldSize).Average(r => Of(r, figure));
}
