using Mlp.Runtime;

namespace Mlp.Training.Runs;

/// <summary>An experiment has no run of that id or name.</summary>
/// <param name="experiment">The experiment.</param>
/// <param name="run">The id or name.</param>
public sealed class RunNotFoundException(string experiment, string run)
    : MlPlatformException($"Expected a run '{run}' in experiment '{experiment}', but found none.")
{
    /// <summary>The experiment.</summary>
    public string Experiment { get; } = experiment;

    /// <summary>The id or name that was asked for.</summary>
    public string Run { get; } = run;
}
