using System.Diagnostics;

namespace Mlp.Spark.Connect;

/// <summary>How long a server is looked for after a connection broke: with pauses that double, up to a time limit. One caller at a time.</summary>
/// <param name="patience">The time limit; zero for not at all.</param>
internal sealed class ReconnectPauses(TimeSpan patience)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private TimeSpan _pause = First;
    private long _broken;

    /// <summary>Notes that the server was found: the next break is another one.</summary>
    public void Reset() => (_pause, _broken) = (First, 0);

    /// <summary>Waits before the next try.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>False when the time is up.</returns>
    public async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        _broken = _broken == 0 ? Stopwatch.GetTimestamp() : _broken;
        var left = patience - Stopwatch.GetElapsedTime(_broken);
        if (left <= TimeSpan.Zero)
        {
            return false;
        }

        await Task.Delay(_pause < left ? _pause : left, cancellationToken).ConfigureAwait(false);
        _pause = _pause * 2 < Longest ? _pause * 2 : Longest;
        return true;
    }
}
