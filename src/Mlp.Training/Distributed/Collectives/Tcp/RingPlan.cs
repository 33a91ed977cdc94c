namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>
/// What one rank of a ring gives to the next and takes from the one before, piece by piece. A piece goes out as its bytes come in: piece k forwards incoming piece k - <see cref="Lag"/>, and pieces before that are the rank's own.
/// Reused from call to call; used by one thread.
/// </summary>
internal sealed class RingPlan
{
    private readonly List<RingPiece> _outgoing = [];
    private readonly List<RingPiece> _incoming = [];

    /// <summary>What goes out.</summary>
    public IReadOnlyList<RingPiece> Outgoing => _outgoing;

    /// <summary>What comes in.</summary>
    public IReadOnlyList<RingPiece> Incoming => _incoming;

    /// <summary>Pieces that go out before one that has come in.</summary>
    public int Lag { get; private set; }

    /// <summary>Begins a plan.</summary>
    /// <param name="lag">Pieces of this rank's own that go out first: 0 or 1.</param>
    public void Begin(int lag)
    {
        _outgoing.Clear();
        _incoming.Clear();
        Lag = lag;
    }

    /// <summary>Adds a piece that goes out.</summary>
    public void Give(int start, int length) => _outgoing.Add(new(start, length, PieceUse.Keep));

    /// <summary>Adds a piece that comes in.</summary>
    public void Take(int start, int length, PieceUse use) => _incoming.Add(new(start, length, use));

    /// <summary>Each part goes once round, gathering the values of all; rank i ends with part i. N - 1 steps.</summary>
    /// <param name="parts">Where each rank's part lies.</param>
    /// <param name="index">This rank.</param>
    /// <param name="last">What is done with the last piece, which is complete.</param>
    public void AddReduceScatter(ReadOnlySpan<Transfer> parts, int index, PieceUse last)
    {
        for (var step = 1; step < parts.Length; step++)
        {
            var (outgoing, incoming) = (parts[Before(index, step, parts.Length)], parts[Before(index, step + 1, parts.Length)]);
            Give(outgoing.OutStart, outgoing.OutLength);
            Take(incoming.OutStart, incoming.OutLength, step == parts.Length - 1 ? last : PieceUse.Combine);
        }
    }

    /// <summary>Each part goes once round, from the rank that has it to all others. N - 1 steps.</summary>
    public void AddAllGather(ReadOnlySpan<Transfer> parts, int index)
    {
        for (var step = 0; step < parts.Length - 1; step++)
        {
            var (outgoing, incoming) = (parts[Before(index, step, parts.Length)], parts[Before(index, step + 1, parts.Length)]);
            Give(outgoing.OutStart, outgoing.OutLength);
            Take(incoming.OutStart, incoming.OutLength, PieceUse.Keep);
        }
    }

    /// <summary>
    /// All values go from rank 0 to the last, which so adds up in the order of ranks, and back from there by way of rank 0: as fast as a ring but for N/(N - 1) of its bytes.
    /// </summary>
    /// <param name="length">Bytes of the values.</param>
    /// <param name="index">This rank.</param>
    /// <param name="count">Ranks.</param>
    public void MakeChain(int length, int index, int count)
    {
        Begin(index == 0 ? 1 : 0);
        if (index > 0)
        {
            Take(0, length, index == count - 1 ? PieceUse.Finish : PieceUse.Combine);
        }

        Give(0, length);
        if (index < count - 1)
        {
            Take(0, length, PieceUse.Keep);
        }

        if (index < count - 2)
        {
            Give(0, length);
        }
    }

    /// <summary>One rank's values go to all.</summary>
    /// <param name="length">Bytes of the values.</param>
    /// <param name="distance">How many ranks behind the root this one stands.</param>
    /// <param name="count">Ranks.</param>
    public void MakeBroadcast(int length, int distance, int count)
    {
        Begin(distance == 0 ? 1 : 0);
        if (distance > 0)
        {
            Take(0, length, PieceUse.Keep);
        }

        if (distance < count - 1)
        {
            Give(0, length);
        }
    }

    /// <summary>The values of all go to one rank.</summary>
    /// <param name="length">Bytes of the values.</param>
    /// <param name="distance">How many ranks behind the first one this one stands; the root is the last.</param>
    /// <param name="count">Ranks.</param>
    public void MakeReduce(int length, int distance, int count)
    {
        Begin(distance == 0 ? 1 : 0);
        if (distance > 0)
        {
            Take(0, length, distance == count - 1 ? PieceUse.Finish : PieceUse.Combine);
        }

        if (distance < count - 1)
        {
            Give(0, length);
        }
    }

    private static int Before(int index, int steps, int count) => (index - steps + count + count) % count;
}
