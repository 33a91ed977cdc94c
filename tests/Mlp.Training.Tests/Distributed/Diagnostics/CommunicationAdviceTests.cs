using Microsoft.Extensions.Time.Testing;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Distributed.Diagnostics;
using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Distributed.Diagnostics;

/// <summary>Each reason for which communication takes much of the time is told from the others, once, with figures.</summary>
public sealed class CommunicationAdviceTests : IDisposable
{
    private const int StepCount = 40;
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    private readonly FakeTimeProvider _clock = new();
    private readonly KeptWarnings<NetworkTrainer> _log = new();
    private readonly ScriptedBackend _backend;
    private readonly DataParallelOptions _options = new();
    private readonly ReplicaGroup _replicas;
    private readonly StepWatch _watch;

    public CommunicationAdviceTests()
    {
        _backend = new(4, _clock);
        var group = new ProcessGroup(_backend, new() { TimeProvider = _clock });
        _options.Group = group;
        _replicas = new(group, _options, isTold: true);
        _watch = new(_clock, 0, 4, null);
        _watch.Watch(group);
    }

    public void Dispose()
    {
        _watch.Dispose();
        _replicas.Dispose();
    }

    [Fact]
    public void EndEpoch_AllWaitForOneRank_NamesIt()
    {
        var reporter = Report(processors: 4);
        (_backend.Wait, _backend.LastRank, _backend.Transfer) = (12 * Millisecond, 3, 5 * Millisecond);

        var report = Train(reporter, compute: 24 * Millisecond);

        Assert.Equal(CommunicationCause.SlowRank, report.Cause);
        Assert.Equal(
            "Of 41 ms a step 17 ms (41 %) go to waiting for gradients: 33 MB in 9 buckets over tcp, 12 ms of it for rank 3, which comes last in 100 % of steps. "
            + "The others do nothing meanwhile: see what else runs beside rank 3 (process 5 on 'h'), whether its processor or device is slower, and whether its rows come as fast.",
            Assert.Single(_log.Messages));
        Assert.Equal((3, 1.0, 12.0), (report.SlowRank!.Rank, report.SlowRank.LastShare, report.SlowRank.AwaitedTime.TotalMilliseconds));
        Assert.Contains("rank 3 was last in 100 % of 40 steps; the others waited 12 ms a step for it", report.ToString().Replace("100%", "100 %", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void EndEpoch_RanksTakeTurns_SaysSo()
    {
        var reporter = Report(processors: 4);
        _backend.Wait = 12 * Millisecond;

        var report = Train(reporter, compute: 10 * Millisecond, before: step => _backend.LastRank = 1 + (step % 3));

        Assert.Equal(CommunicationCause.UnevenSteps, report.Cause);
        Assert.Contains("Ranks take turns in coming last", Assert.Single(_log.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void EndEpoch_NobodyTellsWhoIsLast_SaysSo()
    {
        var reporter = Report(processors: 4);
        (_backend.Wait, _backend.LastRank) = (12 * Millisecond, -1);

        var report = Train(reporter, compute: 10 * Millisecond);

        Assert.Equal((CommunicationCause.UnevenSteps, 12.0), (report.Cause, report.WaitTime.TotalMilliseconds));
        Assert.Contains("Ranks wait for each other, none of them clearly less than the others, and tcp does not tell for whom.", Assert.Single(_log.Messages), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(12, 24, "does not tell for whom; the one that waits least is rank 1, so that the others may wait for it.")]
    [InlineData(12, 23, "none of them clearly less than the others, and MPI does not tell for whom.")]
    public void Add_NobodyTellsWhoIsLast_NamesOnlyOneThatWaitsClearlyLess(int least, int others, string sentence)
    {
        var report = Look([Rank(0, others, 0, 0), Rank(1, least, 0, 0), Rank(2, others, 0, 0)]);

        Assert.Equal(CommunicationCause.UnevenSteps, report.Cause);
        Assert.Contains(sentence, report.Advice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.52, 12, 11, false)]
    [InlineData(0.52, 20, 10, true)]
    [InlineData(0.5, 20, 4, false)]
    public void SlowRank_OfTwoThatWaitForEachOther_IsOneOnlyByAClearMargin(double share, int awaited, int otherAwaited, bool isNamed)
    {
        var report = Look([Rank(0, 24, 1 - share, otherAwaited), Rank(1, 24, share, awaited)]);

        Assert.Equal(isNamed ? 1 : null, report.SlowRank?.Rank);
        Assert.Equal(isNamed ? CommunicationCause.SlowRank : CommunicationCause.UnevenSteps, report.Cause);
        Assert.Equal(isNamed, report.Advice!.Contains("rank 1", StringComparison.Ordinal));
        Assert.Equal(isNamed, report.ToString().Contains("rank 1 was last", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0", "1", 1, null)]
    [InlineData("0-3", "0-3", 4, null)]
    [InlineData("1", "1", 1, "2 ranks share 1 processor of 'h'")]
    [InlineData("0-1", "1", 2, null)]
    [InlineData("0-3", "0-3", 1, "2 ranks share 1 processor of 'h'")]
    [InlineData("", "", 1, "2 ranks share 1 processor of 'h'")]
    public void Add_RanksAreBoundToProcessors_AreCrowdedOnlyWhereTheyShareThem(string first, string second, int processors, string? sentence)
    {
        RankPlace[] roll = [new("h", 5, processors, first), new("h", 6, processors, second)];

        var report = Look([Rank(0, 24, 0, 0), Rank(1, 24, 0, 0)], roll);

        Assert.Equal(sentence is not null, report.Cause == CommunicationCause.Oversubscription);
        Assert.Contains(sentence ?? "Ranks wait for each other", report.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_SomeAreBoundToTheSameProcessor_AreCrowdedBesideOthersThatAreNot()
    {
        RankPlace[] roll = [new("h", 5, 1, "2"), new("h", 6, 8, "0-7"), new("h", 7, 1, "2"), new("i", 8, 1, "2")];

        Assert.Equal(new("h", 2, 1), CrowdedProcessors.Find(roll));
    }

    [Fact]
    public void Here_ThisProcess_KnowsItsProcessors()
        => Assert.True(!OperatingSystem.IsLinux() || RankPlace.Here.ProcessorNumbers.Count >= Environment.ProcessorCount, RankPlace.Here.ToString());

    [Fact]
    public void EndEpoch_TransfersTakeLong_SaysHowFastTheyAre()
    {
        var reporter = Report(processors: 4);
        (_backend.Wait, _backend.LastRank, _backend.Transfer) = (Millisecond, 3, 33 * Millisecond);

        var report = Train(reporter, compute: 24 * Millisecond);

        Assert.Equal(CommunicationCause.Bandwidth, report.Cause);
        Assert.EndsWith(
            "Values move at 1 GB a second: larger batches and accumulation (Optimizer.AccumulationSteps) let gradients travel less often, DataParallel.Compression halves them.",
            Assert.Single(_log.Messages),
            StringComparison.Ordinal);
        Assert.Equal(0.41, report.Efficiency, 0.01);
    }

    [Fact]
    public void EndEpoch_MeansOfWeights_SpeaksOfNoGradients()
    {
        _options.LocalSteps = 4;
        var reporter = Report(processors: 4);
        (_backend.Wait, _backend.LastRank, _backend.Transfer) = (Millisecond, 3, 33 * Millisecond);

        Train(reporter, compute: 24 * Millisecond);

        var message = Assert.Single(_log.Messages);
        Assert.Contains(" go to waiting for the mean of the weights after every 4 steps, over tcp", message, StringComparison.Ordinal);
        Assert.EndsWith(". A greater DataParallel.LocalSteps and larger batches let weights travel less often.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void EndEpoch_ManySmallBuckets_AdvisesGreaterOnes()
    {
        var reporter = Report(processors: 4, length: 90_000);
        _backend.Transfer = 20 * Millisecond;

        var report = Train(reporter, compute: 24 * Millisecond);

        Assert.Equal(CommunicationCause.SmallBuckets, report.Cause);
        Assert.Contains("360 KB in 9 buckets over tcp. Buckets hold 40 KB", Assert.Single(_log.Messages), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, CommunicationCause.OverlapOff, "DataParallel.Overlap = true")]
    [InlineData(true, CommunicationCause.OverlapUnavailable, "this libtorch cannot tell")]
    public void EndEpoch_NoOverlap_SaysWhy(bool isWanted, CommunicationCause cause, string advice)
    {
        _options.Overlap = isWanted;
        var reporter = Report(processors: 4, overlaps: false);
        _backend.Transfer = 20 * Millisecond;

        var report = Train(reporter, compute: 24 * Millisecond);

        Assert.Equal(cause, report.Cause);
        Assert.Contains(advice, Assert.Single(_log.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void EndEpoch_MoreRanksThanProcessors_SaysSo()
    {
        var reporter = Report(processors: 2);
        (_backend.Wait, _backend.LastRank) = (12 * Millisecond, 3);

        var report = Train(reporter, compute: 24 * Millisecond);

        Assert.Equal(CommunicationCause.Oversubscription, report.Cause);
        Assert.Contains("4 ranks share 2 processors of 'h'", Assert.Single(_log.Messages), StringComparison.Ordinal);
    }

    [Fact]
    public void EndEpoch_LittleCommunication_IsSilent()
    {
        var reporter = Report(processors: 4);
        _backend.Transfer = 4 * Millisecond;

        var report = Train(reporter, compute: 24 * Millisecond);

        Assert.Equal((CommunicationCause.None, null), (report.Cause, report.Advice));
        Assert.Empty(_log.Messages);
    }

    [Fact]
    public void EndEpoch_SameCauseAgain_IsToldOnce_AnotherAgain()
    {
        var reporter = Report(processors: 4);
        (_backend.Wait, _backend.LastRank) = (12 * Millisecond, 3);
        Train(reporter, compute: 24 * Millisecond);
        Train(reporter, compute: 24 * Millisecond);
        Assert.Single(_log.Messages);
        _backend.LastRank = 2;
        Train(reporter, compute: 24 * Millisecond);
        Assert.Equal(2, _log.Messages.Count);
        (_backend.Wait, _backend.Transfer) = (TimeSpan.Zero, 30 * Millisecond);
        Train(reporter, compute: 24 * Millisecond);

        Assert.Equal(3, _log.Messages.Count);
        Assert.Equal(4 * StepCount, reporter.Training.Steps);
    }

    [Fact]
    public void StepEnded_LongEpoch_IsToldWithinIt()
    {
        var reporter = Report(processors: 4);
        _backend.Transfer = 30 * Millisecond;
        for (var step = 0; step < 100; step++)
        {
            Step(Millisecond);
            reporter.StepEnded();
        }

        Assert.Single(_log.Messages);
        Assert.Equal(100, reporter.EndEpoch().Steps);
    }

    private static RankReport Rank(int rank, int exposed, double share, int awaited) => new(rank, "h", 5 + rank, 40 * Millisecond, exposed * Millisecond, share, awaited * Millisecond);

    private DataParallelReport Look(IReadOnlyList<RankReport> ranks, IReadOnlyList<RankPlace>? roll = null)
    {
        DataParallelReport report = new(StepCount, 40 * Millisecond, 24 * Millisecond, 1000, ranks) { WaitTime = 12 * Millisecond, Transport = "MPI" };
        return CommunicationAdvice.Add(report, roll ?? [.. ranks.Select(r => new RankPlace(r.Host, r.ProcessId, ranks.Count, ""))], overlaps: true, _options);
    }

    private StepReporter Report(int processors, int length = 8_250_000, bool overlaps = true)
    {
        _watch.Plan([.. Enumerable.Range(0, 9).Select(i => new GradientBucket(i * (length / 9), i < 8 ? length / 9 : length - (8 * (length / 9)), [i]))], overlaps);
        return new(_replicas, _watch, _log, new("h", 5, processors, ""));
    }

    private DataParallelReport Train(StepReporter reporter, TimeSpan compute, Action<int>? before = null)
    {
        for (var step = 0; step < StepCount; step++)
        {
            before?.Invoke(step);
            Step(compute);
        }

        _watch.Rest();
        return reporter.EndEpoch();
    }

    private void Step(TimeSpan compute)
    {
        _watch.BeginStep(1);
        _clock.Advance(compute);
        _watch.Enter(StepPhase.Gradients);
        _replicas.Group.AllReduce<float>(new float[10], tensor: "gradients");
        _watch.EndStep(1);
    }
}
