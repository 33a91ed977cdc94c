using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Networks;
using Mlp.Training.Tests.Networks;

namespace Mlp.Training.Tests.Distributed.DataParallel;

/// <summary>The same real data with one, two and four replicas.</summary>
public sealed class ReplicaAdultTests
{
    [ReferenceDataFact(AdultRows.File)]
    public async Task FitAsync_AdultCensus_ReachesTheSameAucWithOneTwoAndFourReplicas()
    {
        var split = await TimeSplit.ByShareAsync(AdultRows.Read(), 0.3);
        var aucs = new List<double>();
        foreach (var replicas in new[] { 1, 2, 4 })
        {
            var options = new NetworkOptions { Seed = 1, MaxEpochs = 8, BatchSize = 256 / replicas, LearningRate = 0.003, AverageDecay = 0.99 };
            options.DataParallel.Replicas = replicas;
            options.DataParallel.SyncBatchNorm = replicas > 1;
            using var network = await new NetworkTrainer(options).FitAsync(split.Training);
            aucs.Add((await Evaluator.EvaluateAsync(network.Export(), split.Holdout)).Metrics["auc"]);
        }

        Assert.InRange(aucs[0], 0.895, 0.93);
        Assert.All(aucs, a => Assert.True(Math.Abs(a - aucs[0]) < 0.002, string.Join(", ", aucs)));
    }
}
