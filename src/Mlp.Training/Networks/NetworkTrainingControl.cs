namespace Mlp.Training.Networks;

/// <summary>By which a callback stops a training. Thread-safe.</summary>
public sealed class NetworkTrainingControl
{
    private volatile bool _isStopped;

    internal NetworkTrainingControl()
    {
    }

    /// <summary>Whether somebody has asked to stop.</summary>
    public bool IsStopped => _isStopped;

    /// <summary>Ends training after this step; the rows are validated once more, and the best weights so far are the result.</summary>
    public void Stop() => _isStopped = true;
}
