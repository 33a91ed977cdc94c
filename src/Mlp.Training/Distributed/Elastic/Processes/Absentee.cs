namespace Mlp.Training.Distributed.Elastic.Processes;

/// <summary>A member of the generation before who has not come yet, and is asked now and then how it is. One thread writes, another reads.</summary>
internal sealed class Absentee(ElasticMember member, long since)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private long _lastHeard = since;
    private volatile ElasticAnswer? _answer;
    private volatile GuestOutcome.Unreachable? _failure;

    /// <summary>Who.</summary>
    public ElasticMember Member => member;

    /// <summary>Its last answer; null for none.</summary>
    public ElasticAnswer? Answer => _answer;

    /// <summary>Whether it is known to have ended, or to have done all its work.</summary>
    public bool HasEnded => _failure is { HasEnded: true } || _answer is { Phase: ElasticPhase.Done };

    /// <summary>Time stamp of its last answer; before the first one, of when it was asked for.</summary>
    public long LastHeard => Volatile.Read(ref _lastHeard);

    /// <summary>What is known of it, in words.</summary>
    public string Description => HasEnded && _failure is null ? $"{member.Title}: it has done all its work"
        : $"{member.Title}: {_failure?.Reason ?? (_answer is null ? "it has not answered" : "it lives, but did not come")}";

    /// <summary>Asks, again and again.</summary>
    public async Task WatchAsync(ElasticGuest guest, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            while (!HasEnded)
            {
                var (answer, failure) = await guest.ProbeAsync(member, cancellationToken).ConfigureAwait(false);
                if (answer is not null)
                {
                    Volatile.Write(ref _lastHeard, clock.GetTimestamp());
                    _answer = answer;
                }

                _failure = failure;
                await Task.Delay(Pause, clock, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody asks any more.
        }
    }
}
