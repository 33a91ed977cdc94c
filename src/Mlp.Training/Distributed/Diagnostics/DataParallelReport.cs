using System.Globalization;
using System.Text;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>
/// What the steps of replicas that train together were made of: of an epoch (<see cref="TrainingProgress.Replicas"/>) or of a whole training since it began or went on (<see cref="Networks.TrainedNetwork.Replicas"/>).
/// Validation and checkpoints are in no step. Times are means per step, over the ranks.
/// </summary>
/// <param name="Steps">Steps.</param>
/// <param name="StepTime">Time of a step.</param>
/// <param name="ExposedTime">Part of it in which a rank's thread waited for others or moved values instead of computing. What travels beside the backward pass is not in it, though it may take processors from it.</param>
/// <param name="RowsPerSecond">Rows of all ranks.</param>
/// <param name="Ranks">Each rank, by number.</param>
public sealed record DataParallelReport(long Steps, TimeSpan StepTime, TimeSpan ExposedTime, double RowsPerSecond, IReadOnlyList<RankReport> Ranks)
{
    /// <summary>How many times as long as for any other ranks wait for one that is to blame.</summary>
    internal const double ClearMargin = 2;

    /// <summary>
    /// Share of a step that is not <see cref="ExposedTime"/>, 0 to 1: an estimate of what part of the speed of replicas that exchange nothing is left. It is too high by what transfers take from computing beside them; to know, train once
    /// without the others.
    /// </summary>
    public double Efficiency => StepTime > TimeSpan.Zero ? Math.Clamp(1 - (ExposedTime / StepTime), 0, 1) : 1;

    /// <summary>What moves the gradients: "shared memory" for replicas in one process, else the group's backend.</summary>
    public string Transport { get; init; } = "";

    /// <summary>Bytes of the gradients of a step.</summary>
    public long GradientBytes { get; init; }

    /// <summary>Buckets they travel in.</summary>
    public int BucketCount { get; init; }

    /// <summary>Part of <see cref="ExposedTime"/> in which ranks waited for others to come, where the transport tells when all are there.</summary>
    public TimeSpan WaitTime { get; init; }

    /// <summary>Time of a step in which values moved after all ranks had come, also beside the backward pass.</summary>
    public TimeSpan TransferTime { get; init; }

    /// <summary>Why communication takes much of the time; <see cref="CommunicationCause.None"/> where it takes less than a fifth.</summary>
    public CommunicationCause Cause { get; init; }

    /// <summary>What that is made of and what helps, in words; null where there is no cause.</summary>
    public string? Advice { get; init; }

    /// <summary>The rank that the others wait for in most steps, and at least twice as long as for any other; null where there is none, as of two that wait equally for each other.</summary>
    public RankReport? SlowRank
        => Ranks.Count > 1 && Ranks.OrderByDescending(r => r.AwaitedTime).Take(2).ToList() is [{ LastShare: > 0.5 } slow, var next] && slow.AwaitedTime >= ClearMargin * next.AwaitedTime ? slow : null;

    /// <summary>The figures as a table, a line per rank.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{Steps:N0} steps of {DurationText.Of(StepTime)}, {DurationText.Of(ExposedTime)} of it communication that is not hidden; {RowsPerSecond:N0} rows per second, efficiency {Efficiency:P0}");
        if (SlowRank is { } slow)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"rank {slow.Rank} was last in {slow.LastShare:P0} of {Steps:N0} steps; the others waited {DurationText.Of(slow.AwaitedTime)} a step for it");
        }

        text.AppendLine(" rank      step   exposed      last   awaited  host (process)");
        foreach (var rank in Ranks)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"{rank.Rank,5}{DurationText.Of(rank.StepTime),10}{DurationText.Of(rank.ExposedTime),10}{rank.LastShare,10:P0}{DurationText.Of(rank.AwaitedTime),10}  {rank.Host} ({rank.ProcessId})");
        }

        return text.ToString();
    }
}
