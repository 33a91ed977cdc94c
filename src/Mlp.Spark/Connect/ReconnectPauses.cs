namespace Mlp.Spark.Connect;

/// <summary>How long a server is looked for after a connection broke: with pauses that double, up to a time limit. One caller at a time.</summary>
/// <param name="patience">The time limit; zero for not at all.</param>
/// <param name="time">The clock.</param>
internal sealed class ReconnectPauses(TimeSpan patience, TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private TimeSpan _pause = First;
    private long? _broken;

    /// <summary>Notes that the server was found: the next break is another one.</summary>
    public void Reset() => (_pause, _broken) = (First, null);

    /// <summary>Waits before the next try.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>False when the time is up.</returns>
    public async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        _broken ??= time.GetTimestamp();
        var left = patience - time.GetElapsedTime(_broken.Value);
        if (left <= TimeSpan.Zero)
        {
            return false;
        }

        await Task.Delay(_pause < left ? _pause : left, time, cancellationToken).ConfigureAwait(false);
        _pause = _pause * 2 < Longest ? _pause * 2 : Longest;
        return true;
    }
}
