namespace Mlp.Training.Search.Tpe;

/// <summary>The trials of a search: those that have ended with a value on the way or at the end, and those under way. Thread-safe.</summary>
/// <param name="ended">Trials of earlier calls.</param>
internal sealed class TrialHistory(IEnumerable<TpeTrial> ended)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<int, TpeTrial> _trials = new(ended.Where(t => t.Status != TrialStatus.Failed).ToDictionary(t => t.Number));

    /// <summary>Whether a trial has ended.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_gate)
            {
                return _trials.Values.Any(t => t.Status is not null);
            }
        }
    }

    /// <summary>A trial begins.</summary>
    public void Begin(int number, TrialParameters parameters)
    {
        lock (_gate)
        {
            _trials[number] = new(number, parameters, null, double.NaN, 0);
        }
    }

    /// <summary>A trial has ended. One that failed says nothing of its settings.</summary>
    public void End(TpeTrial trial)
    {
        lock (_gate)
        {
            if (trial.Status == TrialStatus.Failed)
            {
                _trials.Remove(trial.Number);
            }
            else
            {
                _trials[trial.Number] = trial;
            }
        }
    }

    /// <summary>The trials by number, as they are now.</summary>
    public List<TpeTrial> ToList()
    {
        lock (_gate)
        {
            return [.. _trials.Values];
        }
    }
}
