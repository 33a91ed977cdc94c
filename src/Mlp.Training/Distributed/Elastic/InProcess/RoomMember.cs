namespace Mlp.Training.Distributed.Elastic.InProcess;

/// <summary>A member that is a thread of this process.</summary>
internal sealed class RoomMember(ElasticRoom room, int rank) : ElasticMembership
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);

    private volatile object? _outcome;

    /// <summary>As it stands in the roster.</summary>
    public ElasticMember Self { get; private set; } = room.Describe(rank);

    /// <summary>Its name.</summary>
    public string Id => Self.Id;

    /// <summary>Whether it has been in a generation.</summary>
    public bool HasBeenIn { get; private set; }

    /// <summary>What a newcomer must have in common with it.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; private set; } = new Dictionary<string, string>();

    /// <summary>Receives the formation, or why there is none.</summary>
    public object Outcome
    {
        set => _outcome = value;
    }

    /// <inheritdoc/>
    public override bool HasNewcomers => room.HasNewcomers;

    /// <inheritdoc/>
    public override async Task<ElasticFormation> FormAsync(IReadOnlyCollection<int> blamed, IReadOnlyDictionary<string, string> facts, CancellationToken cancellationToken)
    {
        (Facts, _outcome) = (facts, null);
        try
        {
            room.Come(this, blamed);
        }
        catch (ElasticGroupException givenUp) when (givenUp.Failure == ElasticFailure.GivenUp && room.Options.RejoinsWhenGivenUp)
        {
            (Self, HasBeenIn) = (room.Describe(int.MaxValue), false);
            room.Come(this, []);
        }

        try
        {
            await WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            room.Go(this);
        }

        HasBeenIn = true;
        return _outcome as ElasticFormation ?? throw (Exception)_outcome!;
    }

    /// <inheritdoc/>
    public override void SetDone(bool isDone) => room.End(this, isDone);

    /// <inheritdoc/>
    public override ElasticMembership CreateNewcomer() => room.CreateMember(int.MaxValue);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        room.End(this, true);
        return ValueTask.CompletedTask;
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        var start = room.Clock.GetTimestamp();
        var limit = room.Options.Group.Rendezvous.Timeout;
        for (room.Look(); _outcome is null; room.Look())
        {
            await Task.Delay(Tick, room.Clock, cancellationToken).ConfigureAwait(false);
            if (!HasBeenIn && room.HasRoster && room.Clock.GetElapsedTime(start) >= limit)
            {
                throw new Launch.RendezvousException(
                    $"Expected group '{room.Options.Group.Name}' to let {Self.Title} in within {Collectives.CollectiveSentences.Duration(limit)}, but it has not: its members look for newcomers only now and then, and up to a greatest number.");
            }
        }
    }
}
