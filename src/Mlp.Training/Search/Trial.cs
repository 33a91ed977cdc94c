using Mlp.Training.Runs;

namespace Mlp.Training.Search;

/// <summary>A trial that is under way. Thread-safe.</summary>
public sealed class Trial
{
    private readonly SuccessiveHalving? _pruning;
    private readonly CancellationTokenSource _stop;
    private readonly Lock _gate = new();
    private int _rung;

    internal Trial(int number, TrialParameters parameters, int seed, IRun run, SuccessiveHalving? pruning, CancellationTokenSource stop)
    {
        (Number, Parameters, Seed, Run) = (number, parameters, seed, run);
        (_pruning, _stop) = (pruning, stop);
    }

    /// <summary>The trial from 0.</summary>
    public int Number { get; }

    /// <summary>Its settings.</summary>
    public TrialParameters Parameters { get; }

    /// <summary>A seed for what the trial itself draws: decided by the search's seed and the number.</summary>
    public int Seed { get; }

    /// <summary>The trial's run, for metrics and files of its own.</summary>
    public IRun Run { get; }

    /// <summary>Whether it is to stop because others were better at the same step; its token is cancelled then.</summary>
    public bool IsPruned { get; private set; }

    internal double? LastValue { get; private set; }

    internal long LastStep { get; private set; }

    /// <summary>Tells a value of the objective on the way, and logs it as the metric <c>progress</c> of the run.</summary>
    /// <param name="step">Steps done, from 1, growing: epochs, iterations.</param>
    /// <param name="value">The value after them.</param>
    public void Report(long step, double value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        lock (_gate)
        {
            if (IsPruned)
            {
                return;
            }

            (LastValue, LastStep) = (value, step);
            Run.LogMetric("progress", value, step);
            IsPruned = _pruning?.Report(ref _rung, step, value) == false;
        }

        if (IsPruned)
        {
            _stop.Cancel();
        }
    }
}
