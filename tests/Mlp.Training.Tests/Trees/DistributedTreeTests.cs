using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Evaluation;
using Mlp.Training.Preprocessing;
using Mlp.Training.Trees;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Trees;

/// <summary>Replicas that grow trees together get the trees of one, and end together.</summary>
public sealed class DistributedTreeTests
{
    [ReferenceDataFact(RealRows.Adult)]
    public async Task FitAsync_AdultCensus_ReachesTheSameAucWithOneTwoAndFourReplicas()
    {
        var training = RealRows.ReadAdult(i => i % 10 < 7);
        var holdout = RealRows.ReadAdult(i => i % 10 >= 7);
        var aucs = new List<double>();
        foreach (var replicas in new[] { 1, 2, 4 })
        {
            var options = new TreeOptions { Threads = 2, Seed = 1, MaximumIterations = 150, Metric = "auc" };
            options.Distributed.Replicas = replicas;
            using var trees = await new TreeTrainer(options).FitAsync(training);
            aucs.Add((await Evaluator.EvaluateAsync(trees.Export(), holdout)).Metrics["auc"]);
        }

        Assert.InRange(aucs[0], 0.92, 0.94);
        Assert.All(aucs, a => Assert.True(Math.Abs(a - aucs[0]) < 0.002, string.Join(", ", aucs)));
    }
}
