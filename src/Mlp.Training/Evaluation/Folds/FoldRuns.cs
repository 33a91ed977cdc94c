using System.Globalization;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Storage;
using Mlp.Training.Runs;

namespace Mlp.Training.Evaluation.Folds;

/// <summary>The run of a cross-validation and those of its folds; without a tracker they do nothing.</summary>
internal sealed class FoldRuns : IAsyncDisposable
{
    private readonly IRunTracker? _tracker;
    private readonly CrossValidationOptions _options;
    private readonly TrainingSetManifest _manifest;
    private readonly IRun? _run;

    public FoldRuns(IRunTracker? tracker, CrossValidationOptions options, TrainingSetManifest manifest, ITrainer trainer)
    {
        (_tracker, _options, _manifest) = (tracker, options, manifest);
        _run = tracker?.Start(new RunDescription(options.Experiment)
        {
            Name = options.RunName,
            TrainingSet = manifest,
            Parameters = new Dictionary<string, string>(RunParameters.Of(trainer.Parameters))
            {
                ["task"] = EnumTerms<ModelTask>.Of(trainer.Task),
                ["scheme"] = FoldPlan.SchemeOf(trainer.Task, options).ToString(),
                ["folds"] = Text(options.FoldCount),
                ["repeats"] = Text(options.RepeatCount),
                ["seed"] = Text(options.Seed),
            },
        });
    }

    /// <summary>Id of the cross-validation's run; null without one.</summary>
    public string? Id => _run?.Id;

    /// <summary>Starts the run of a fold.</summary>
    public FoldRun Start(PlannedFold fold) => new(_tracker?.Start(new RunDescription(_options.Experiment)
    {
        Name = _options.RunName is null ? null : $"{_options.RunName}-{Text(fold.Repeat)}-{Text(fold.Number)}",
        TrainingSet = _manifest,
        ParentRunId = Id,
        Parameters = new Dictionary<string, string> { ["repeat"] = Text(fold.Repeat), ["fold"] = Text(fold.Number) },
    }));

    /// <summary>Ends the run of the cross-validation with its metrics: of each the mean, and its deviation as NAME_deviation.</summary>
    public async Task FinishAsync(CrossValidationResult result, CancellationToken cancellationToken)
    {
        if (_run is null)
        {
            return;
        }

        foreach (var (name, metric) in result.Metrics)
        {
            _run.LogMetric(name, metric.Mean);
            _run.LogMetric(name + "_deviation", metric.Deviation);
        }

        await _run.FinishAsync(cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _run?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
