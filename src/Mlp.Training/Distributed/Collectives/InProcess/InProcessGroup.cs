namespace Mlp.Training.Distributed.Collectives.InProcess;

/// <summary>What the ranks of a group share.</summary>
internal sealed class InProcessGroup
{
    private readonly MessageChannel?[] _channels;
    private readonly InProcessGroup?[] _formed;
    private readonly List<InProcessGroup> _children = [];
    private readonly byte[][] _stages;
    private readonly TimeProvider _clock;
    private readonly InProcessGroup? _parent;
    private int _remaining;

    /// <summary>Creates the group.</summary>
    /// <param name="name">Its name, for sentences.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="clock">The clock of time limits.</param>
    /// <param name="parent">The group of which it is formed; null for none.</param>
    public InProcessGroup(string name, int worldSize, TimeProvider clock, InProcessGroup? parent = null)
    {
        (_clock, _parent, _remaining) = (clock, parent, worldSize);
        Point = new(name, worldSize, clock);
        _formed = new InProcessGroup?[worldSize];
        _channels = new MessageChannel?[worldSize * worldSize];
        _stages = [.. Enumerable.Range(0, 2 * worldSize).Select(_ => GC.AllocateUninitializedArray<byte>(StageSize, pinned: true))];
    }

    /// <summary>Bytes of values that a rank may put on its stage.</summary>
    public static int StageSize => 2 << 10;

    /// <summary>Where the ranks meet.</summary>
    public MeetingPoint Point { get; }

    /// <summary>The way from a rank to another; most are never taken.</summary>
    public MessageChannel Channel(int sender, int receiver)
    {
        ref var channel = ref _channels[(sender * Point.WorldSize) + receiver];
        return Volatile.Read(ref channel) ?? Interlocked.CompareExchange(ref channel, new(this, sender, receiver), null) ?? channel!;
    }

    /// <summary>Memory of a rank for the values of a short call: others read it there, so the rank's own values are free at once. It holds them until the call after the next.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="call">Number of the call.</param>
    public Span<byte> Stage(int rank, long call) => _stages[(2 * rank) + (int)(call & 1)];

    /// <summary>Ends the group and those formed of it.</summary>
    /// <param name="failure">What all calls throw.</param>
    public void Fail(CollectiveException failure)
    {
        Point.Fail(failure);
        lock (_children)
        {
            _children.ForEach(c => c.Fail(failure));
        }
    }

    /// <summary>A rank leaves. The last one takes the group away from the one of which it was formed.</summary>
    /// <param name="rank">The rank.</param>
    public void Leave(int rank)
    {
        Point.Leave(rank);
        if (Interlocked.Decrement(ref _remaining) == 0 && _parent is { } parent)
        {
            lock (parent._children)
            {
                parent._children.Remove(this);
            }
        }
    }

    /// <summary>Forms a group of some ranks, for all of them to take with <see cref="Formed"/>.</summary>
    /// <param name="leader">Its first rank, which calls.</param>
    /// <param name="name">Its name.</param>
    /// <param name="worldSize">Number of its ranks.</param>
    public void Form(int leader, string name, int worldSize)
    {
        var child = new InProcessGroup(name, worldSize, _clock, this);
        lock (_children)
        {
            _children.Add(child);
        }

        _formed[leader] = child;
    }

    /// <summary>The group that a rank has formed.</summary>
    /// <param name="leader">The rank.</param>
    public InProcessGroup Formed(int leader) => _formed[leader]!;
}
