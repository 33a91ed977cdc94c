using Mlp.Training.Runs;

namespace Mlp.Training.Evaluation.Folds;

/// <summary>The run of one fold.</summary>
/// <param name="run">The run; null without a tracker.</param>
internal sealed class FoldRun(IRun? run) : IAsyncDisposable
{
    /// <summary>Logs the training as it goes; null without a tracker.</summary>
    public IProgress<TrainingProgress>? Progress { get; } = run is null ? null : new RunProgress(run);

    /// <summary>Ends the run with the fold's metrics.</summary>
    public async Task FinishAsync(FoldResult result, CancellationToken cancellationToken)
    {
        if (run is null)
        {
            return;
        }

        foreach (var (name, value) in result.Result.Metrics)
        {
            run.LogMetric(name, value);
        }

        await run.FinishAsync(cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => run?.DisposeAsync() ?? ValueTask.CompletedTask;
}
