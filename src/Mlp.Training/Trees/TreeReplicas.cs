using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel;
using Mlp.Training.Trees.Interop;

namespace Mlp.Training.Trees;

/// <summary>Trains trees by one or by several replicas.</summary>
internal static class TreeReplicas
{
    /// <summary>Trains.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="data">The rows.</param>
    /// <param name="hashes">What tells the rows of training and of validation from others.</param>
    /// <param name="clock">Measures how long iterations take.</param>
    /// <param name="progress">Told after each iteration.</param>
    /// <param name="cancellationToken">Ends training between iterations.</param>
    /// <returns>The trees as text, and one entry per iteration.</returns>
    public static (string Text, IReadOnlyList<TrainingProgress> History) Train(
        TreeOptions options, TreeData data, (string Training, string? Validation) hashes, TimeProvider clock, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        return options.Distributed switch
        {
            { Group: { WorldSize: > 1 } group } => Replicas.WithOthers(group, () => TrainAs(group, isTold: true), cancellationToken),
            // All work on the same rows in native memory, so none is left behind: there is no patience after which that would be.
            { Replicas: > 1 and var count } => new ReplicaThreads<(string, IReadOnlyList<TrainingProgress>)>(
                ProcessGroup.CreateInProcess(count, Replicas.GroupOptions(options.Distributed.Timeout)), g => Replicas.WithOthers(g, () => TrainAs(g, isTold: g.Rank == 0), cancellationToken), static () => { }, patience: null).Run(),
            _ => TrainAlone(),
        };

        (string, IReadOnlyList<TrainingProgress>) TrainAlone()
        {
            using var run = new TreeTrainingRun(options, data, clock, null);
            return run.Train(progress, cancellationToken);
        }

        (string, IReadOnlyList<TrainingProgress>) TrainAs(ProcessGroup group, bool isTold)
        {
            using var threads = new LightGbmThreads(TreeParameters.ThreadsOf(options));
            using var team = new TreeTeam(group);
            team.Agree(options, data, hashes.Training, hashes.Validation);
            using var run = new TreeTrainingRun(options, data, clock, team);
            return run.Train(isTold ? progress : null, cancellationToken);
        }
    }
}
