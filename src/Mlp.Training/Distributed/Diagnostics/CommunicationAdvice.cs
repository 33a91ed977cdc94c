using System.Globalization;
using Mlp.Training.Distributed.DataParallel;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>Finds out why communication takes much of the time, and what helps.</summary>
internal static class CommunicationAdvice
{
    /// <summary>Share of a step from which communication is said to take much of the time.</summary>
    public const double Much = 0.2;

    private const double Most = 0.5;
    private const int SmallBucketBytes = 1 << 18;
    private const int ManyBuckets = 4;

    /// <summary>Looks at the figures.</summary>
    /// <param name="report">The figures.</param>
    /// <param name="roll">Who takes part.</param>
    /// <param name="overlaps">Whether gradients travel during the backward pass.</param>
    /// <param name="options">How they were asked to train.</param>
    /// <returns>The figures with cause and advice, or as they were.</returns>
    public static DataParallelReport Add(DataParallelReport report, IReadOnlyList<RankPlace> roll, bool overlaps, DataParallelOptions options)
    {
        if (report.StepTime <= TimeSpan.Zero || report.ExposedTime / report.StepTime < Much)
        {
            return report;
        }

        var (cause, advice) = Find(report, roll, overlaps, options);
        return report with { Cause = cause, Advice = $"{Describe(report, options)} {advice}" };
    }

    private static (CommunicationCause Cause, string Advice) Find(DataParallelReport report, IReadOnlyList<RankPlace> roll, bool overlaps, DataParallelOptions options)
    {
        if (CrowdedProcessors.Find(roll) is { } crowded)
        {
            return (CommunicationCause.Oversubscription, FormattableString.Invariant(
                $"{crowded.Ranks} ranks share {crowded.Processors} {(crowded.Processors == 1 ? "processor" : "processors")} of '{crowded.Host}' and wait for each other to get one: train with as many ranks as there are processors, or fewer."));
        }

        if (report.WaitTime >= report.ExposedTime * Most)
        {
            return report.SlowRank is { } slow && slow.AwaitedTime * (report.Ranks.Count - 1) >= report.WaitTime * report.Ranks.Count * Most
                ? (CommunicationCause.SlowRank, FormattableString.Invariant(
                    $"The others do nothing meanwhile: see what else runs beside rank {slow.Rank} (process {slow.ProcessId} on '{slow.Host}'), whether its processor or device is slower, and whether its rows come as fast."))
                : (CommunicationCause.UnevenSteps, DescribeTurns(report));
        }

        if (options.LocalSteps > 1)
        {
            return (CommunicationCause.Bandwidth, "A greater DataParallel.LocalSteps and larger batches let weights travel less often.");
        }

        if (!overlaps)
        {
            return options.Overlap
                ? (CommunicationCause.OverlapUnavailable, "Gradients travel after the backward pass, because this libtorch cannot tell when they are ready. Larger batches and accumulation (Optimizer.AccumulationSteps) let them travel less often.")
                : (CommunicationCause.OverlapOff, "Gradients travel after the backward pass: DataParallel.Overlap = true lets them travel beside it.");
        }

        var canRound = options is { Group: not null, Compression: GradientCompression.None };
        return report.BucketCount >= ManyBuckets && report.GradientBytes / report.BucketCount < SmallBucketBytes
            ? (CommunicationCause.SmallBuckets, FormattableString.Invariant(
                $"Buckets hold {ByteText.Of(report.GradientBytes / report.BucketCount)}, so that each costs more by setting out than by its length: a greater DataParallel.BucketBytes makes fewer, and DataParallel.BucketTuning finds the size."))
            : (CommunicationCause.Bandwidth, FormattableString.Invariant(
                $"Values move at {ByteText.Of((long)(report.GradientBytes / Math.Max(1e-9, report.TransferTime.TotalSeconds)))} a second: larger batches and accumulation (Optimizer.AccumulationSteps) let gradients travel less often{(canRound ? ", DataParallel.Compression halves them" : "")}."));
    }

    private static string DescribeTurns(DataParallelReport report)
    {
        const string MeetLess = "Larger batches and accumulation (Optimizer.AccumulationSteps) let ranks meet less often.";
        if (report.Ranks.Any(r => r.AwaitedTime > TimeSpan.Zero))
        {
            return $"Ranks take turns in coming last: hosts have other work, or batches take different times. {MeetLess}";
        }

        var byWait = report.Ranks.OrderBy(r => r.ExposedTime).ToList();
        return byWait.Count > 1 && byWait[1].ExposedTime >= DataParallelReport.ClearMargin * byWait[0].ExposedTime && byWait[1].ExposedTime > TimeSpan.Zero
            ? FormattableString.Invariant($"Ranks wait for each other, and {report.Transport} does not tell for whom; the one that waits least is rank {byWait[0].Rank}, so that the others may wait for it.")
            : $"Ranks wait for each other, none of them clearly less than the others, and {report.Transport} does not tell for whom. {MeetLess}";
    }

    private static string Describe(DataParallelReport report, DataParallelOptions options)
    {
        var slow = report.SlowRank;
        var share = report.ExposedTime / report.StepTime;
        var last = slow is null ? "" : string.Create(
            CultureInfo.InvariantCulture, $", {DurationText.Of(slow.AwaitedTime)} of it for rank {slow.Rank}, which comes last in {slow.LastShare * 100:0} % of steps");
        var what = options.LocalSteps > 1
            ? string.Create(CultureInfo.InvariantCulture, $"the mean of the weights after every {options.LocalSteps} steps,")
            : string.Create(CultureInfo.InvariantCulture, $"gradients: {ByteText.Of(report.GradientBytes)} in {report.BucketCount} {(report.BucketCount == 1 ? "bucket" : "buckets")}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Of {DurationText.Of(report.StepTime)} a step {DurationText.Of(report.ExposedTime)} ({share * 100:0} %) go to waiting for {what} over {report.Transport}{last}.");
    }
}
