using Mlp.Runtime.Data;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Diagnostics;
using Mlp.Training.Networks;
using Mlp.Training.Tests.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Diagnostics;

/// <summary>What a training reports of its replicas.</summary>
public sealed class DataParallelReportTests
{
    private static readonly ArrowTrainingSet Set = SyntheticRows.Create(400, seed: 3);

    [Fact]
    public void FitAsync_OneRankIsSlow_AllReportItByName()
    {
        var reports = new DataParallelReport[2];
        var logs = new KeptWarnings<NetworkTrainer>[] { new(), new() };

        var none = new Fault(FaultKind.None, -1, 0);

        ProcessGroup.Run(FaultyBackend.CreateInProcess(2, none), group =>
        {
            var options = Options(1);
            options.DataParallel.Group = group;
            if (group.Rank == 1)
            {
                options.Callbacks.Add(new Slow(none));
            }

            using var network = new NetworkTrainer(options, logs[group.Rank]).FitAsync(Set).GetAwaiter().GetResult();
            reports[group.Rank] = network.Replicas!;
            Assert.Equal(network.Steps, network.Replicas!.Steps);
            Assert.All(network.History, e => Assert.Equal(8, e.Replicas!.Steps));
        });

        Assert.All(reports, r => Assert.Equal(1, r.SlowRank!.Rank));
        Assert.All(reports, r => Assert.InRange(r.SlowRank!.LastShare, 0.8, 1));
        Assert.All(reports, r => Assert.True(r.SlowRank!.AwaitedTime > TimeSpan.FromMilliseconds(5), r.ToString()));
        Assert.All(reports, r => Assert.Equal((Environment.MachineName, Environment.ProcessId), (r.Ranks[0].Host, r.Ranks[0].ProcessId)));
        Assert.Equal(reports[0].ToString(), reports[1].ToString());
        Assert.Empty(logs[1].Messages);
        if (Environment.ProcessorCount >= 2)
        {
            Assert.Equal(CommunicationCause.SlowRank, reports[0].Cause);
            Assert.Contains("for rank 1, which comes last in", Assert.Single(logs[0].Messages), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task FitAsync_ReplicasHere_ReportRowsAndGradients()
    {
        using var network = await new NetworkTrainer(Options(2)).FitAsync(Set);

        // 320 rows train: 16 inputs at most of the features, 32 hidden units and an output.
        var report = network.Replicas!;
        Assert.Equal(("shared memory", 1), (report.Transport, report.BucketCount));
        Assert.InRange(report.GradientBytes, 4 * (32 + 32 + 32 + 1), 4 * ((32 * 32) + 97));

        // The time of a step is told to a tick.
        var rowsPerStep = 320.0 * network.History.Count / report.Steps;
        Assert.Equal(rowsPerStep, report.RowsPerSecond * report.StepTime.TotalSeconds, (2 * rowsPerStep / report.StepTime.Ticks) + 1e-6);
        Assert.InRange(report.Efficiency, 0, 1);
        Assert.True(report.ExposedTime <= report.StepTime, report.ToString());
        Assert.Null(report.Advice is null == (report.Cause == CommunicationCause.None) ? null : report.Cause);
    }

    [Fact]
    public async Task FitAsync_OneAlone_ReportsNothing()
    {
        using var network = await new NetworkTrainer(Options(1)).FitAsync(Set);

        Assert.Null(network.Replicas);
        Assert.All(network.History, e => Assert.Null(e.Replicas));
    }

    private static NetworkOptions Options(int replicas)
    {
        var options = new NetworkOptions { HiddenLayers = [32], BatchNorm = false, Dropout = 0, BatchSize = 20, MaxEpochs = 4, Seed = 7, LearningRate = 0.005, ValidationShare = 0.2, EarlyStoppingPatience = 4 };
        options.DataParallel.Replicas = replicas;
        return options;
    }

    /// <summary>Rank 1 does something else after each step, until a while after rank 0 has come to the next call, however late that is on a busy machine.</summary>
    private sealed class Slow(Fault calls) : INetworkCallback
    {
        public void StepEnded(in NetworkStep step, NetworkTrainingControl control)
        {
            SpinWait.SpinUntil(() => calls.Begun.GetValueOrDefault(0) > calls.Begun.GetValueOrDefault(1), TimeSpan.FromMinutes(1));
            Thread.Sleep(20);
        }
    }
}
