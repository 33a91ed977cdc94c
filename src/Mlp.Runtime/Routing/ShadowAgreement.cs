namespace Mlp.Runtime.Routing;

/// <summary>How far the answers of a shadow are from those that were served. Counted by callers and by the worker; read by anybody. Thread-safe.</summary>
internal sealed class ShadowAgreement
{
    private readonly Lock _gate = new();
    private long _accepted;
    private long _dropped;
    private long _skipped;
    private long _failed;
    private long _compared;
    private long _disagreed;
    private long _differences;
    private double _sum;

    /// <summary>Calls that were taken.</summary>
    public long Accepted => Interlocked.Read(ref _accepted);

    /// <summary>Calls that found no room.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Calls that the shadow cannot see: it has no version, or reads other features and there are no keys that fit.</summary>
    public long Skipped => Interlocked.Read(ref _skipped);

    /// <summary>Calls that the shadow failed at.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Answers that were compared.</summary>
    public long Compared => Interlocked.Read(ref _compared);

    /// <summary>Those of them with another class.</summary>
    public long Disagreed => Interlocked.Read(ref _disagreed);

    /// <summary>Mean of the absolute differences of the scores; NaN before the first. Scores that are no numbers are left out.</summary>
    public double MeanAbsoluteDifference
    {
        get
        {
            lock (_gate)
            {
                return _sum / _differences;
            }
        }
    }

    /// <summary>Counts a call that was taken.</summary>
    public void Accept() => Interlocked.Increment(ref _accepted);

    /// <summary>Counts calls that found no room.</summary>
    /// <param name="count">How many.</param>
    public void Drop(int count = 1) => Interlocked.Add(ref _dropped, count);

    /// <summary>Counts a call that the shadow cannot see.</summary>
    public void Skip() => Interlocked.Increment(ref _skipped);

    /// <summary>Counts a call that the shadow failed at.</summary>
    public void Fail() => Interlocked.Increment(ref _failed);

    /// <summary>Compares an answer.</summary>
    /// <param name="served">What was served.</param>
    /// <param name="score">The shadow's score.</param>
    /// <param name="predictedClass">The shadow's class.</param>
    public void Compare(ShadowRow served, double score, int predictedClass)
    {
        var difference = Math.Abs(served.ServedScore - score);
        lock (_gate)
        {
            if (!double.IsNaN(difference))
            {
                _sum += difference;
                _differences++;
            }
        }

        if (served.ServedClass != predictedClass)
        {
            Interlocked.Increment(ref _disagreed);
        }

        Interlocked.Increment(ref _compared);
    }
}
