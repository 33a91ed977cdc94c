using Mlp.Training.Runs;

namespace Mlp.Training.Search;

/// <summary>A trial that is under way. Thread-safe.</summary>
public sealed class Trial
{
    private readonly SuccessiveHalving? _pruning;
    private readonly ThreadBudget _threads;
    private readonly CancellationTokenSource _stop;
    private readonly Lock _gate = new();
    private int _rung;

    internal Trial(int number, TrialParameters parameters, int seed, IRun run, SuccessiveHalving? pruning, ThreadBudget threads, CancellationTokenSource stop)
    {
        (Number, Parameters, Seed, Run) = (number, parameters, seed, run);
        (_pruning, _threads, _stop) = (pruning, threads, stop);
    }

    /// <summary>The trial from 0.</summary>
    public int Number { get; }

    /// <summary>Its settings.</summary>
    public TrialParameters Parameters { get; }

    /// <summary>A seed of 0 or more for what the trial itself draws: decided by the search's seed and the number.</summary>
    public int Seed { get; }

    /// <summary>The trial's run, for metrics and files of its own.</summary>
    public IRun Run { get; }

    /// <summary>Whether it is to stop because others were better at the same step; its token is cancelled then.</summary>
    public bool IsPruned { get; private set; }

    internal double? LastValue { get; private set; }

    internal long LastStep { get; private set; }

    /// <summary>Waits, in the order of those that ask, until threads of the search's budget are free (<see cref="SearchOptions.ThreadBudget"/>).</summary>
    /// <param name="count">How many, at least 1; more than the budget has are all of it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The threads, which are free again when it is disposed of. A trial that holds some must not ask for more.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<IDisposable> ReserveThreadsAsync(int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return _threads.TakeAsync(count, cancellationToken);
    }

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
