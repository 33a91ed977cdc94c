namespace Mlp.Training.Search;

/// <summary>
/// Asynchronous successive halving (Li and others, "A system for massively parallel hyperparameter tuning", MLSys 2020), in the form that stops: when a trial reaches a rung, it goes on if its value is among the best
/// one in <c>factor</c> of those that have reached the rung, itself included. Rungs are at minimum · factor^k steps. Thread-safe.
/// </summary>
internal sealed class SuccessiveHalving(int minimumSteps, int factor, bool higherIsBetter)
{
    private readonly Lock _gate = new();
    private readonly List<List<double>> _rungs = [];

    /// <summary>Takes a value that a trial has reached.</summary>
    /// <param name="rung">The next rung of the trial, from 0; moved on when it is reached.</param>
    /// <param name="step">Steps done, from 1.</param>
    /// <param name="value">The value; NaN and infinities are worse than all others.</param>
    /// <returns>Whether the trial goes on.</returns>
    public bool Report(ref int rung, long step, double value)
    {
        if (step < StepsOf(rung))
        {
            return true;
        }

        lock (_gate)
        {
            while (_rungs.Count <= rung)
            {
                _rungs.Add([]);
            }

            var values = _rungs[rung++];
            values.Add(value);
            var better = values.Count(v => IsBetter(v, value));
            return double.IsFinite(value) && better < Math.Max(1, values.Count / factor);
        }
    }

    private double StepsOf(int rung) => minimumSteps * Math.Pow(factor, rung);

    private bool IsBetter(double value, double than) => double.IsFinite(value) && (!double.IsFinite(than) || (higherIsBetter ? value > than : value < than));
}
