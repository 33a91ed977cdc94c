namespace Mlp.Training.Distributed.Collectives.Tcp.Control;

/// <summary>A failure as it travels: every rank makes the same exception of it.</summary>
/// <param name="Kind">0 for <see cref="CollectiveException"/>, 1 mismatch, 2 timeout, 3 lost.</param>
/// <param name="Message">The sentence.</param>
/// <param name="Ranks">Who is to blame, as ranks of the group.</param>
/// <param name="Call">The call; 0 for none.</param>
/// <param name="Sequence">Its number; -1 for none.</param>
/// <param name="Tensor">The tensor's name; null for none.</param>
internal sealed record GroupFailure(byte Kind, string Message, int[] Ranks, int Call = 0, long Sequence = -1, string? Tensor = null)
{
    private const byte Mismatch = 1;
    private const byte Timeout = 2;
    private const byte Lost = 3;

    /// <summary>A rank is gone.</summary>
    public static GroupFailure OfLost(string message, params int[] ranks) => new(Lost, message, ranks);

    /// <summary>Ranks did not come.</summary>
    public static GroupFailure OfTimeout(string message, long sequence, params int[] ranks) => new(Timeout, message, ranks, Sequence: sequence);

    /// <summary>Ranks made different calls.</summary>
    public static GroupFailure OfMismatch(string message, long sequence, params int[] ranks) => new(Mismatch, message, ranks, Sequence: sequence);

    /// <summary>Takes an exception apart.</summary>
    public static GroupFailure From(CollectiveException exception) => new(
        exception switch
        {
            CollectiveMismatchException => Mismatch,
            CollectiveTimeoutException => Timeout,
            RankLostException => Lost,
            _ => 0,
        },
        exception.Message,
        [.. exception.Ranks],
        (int)(exception.Call ?? 0),
        exception.Sequence,
        exception.Tensor);

    /// <summary>The exception that a rank throws. What the verdict does not know of the call is taken from the rank's own.</summary>
    /// <param name="call">The call in which the rank is; null for none.</param>
    public CollectiveException ToException(CollectiveCall? call)
    {
        CollectiveKind? kind = Call > 0 ? (CollectiveKind)Call : call?.Kind;
        var sequence = Sequence >= 0 ? Sequence : call?.Sequence ?? -1;
        var tensor = Tensor ?? call?.Tensor;
        return Kind switch
        {
            Mismatch => new CollectiveMismatchException(Message) { Ranks = Ranks, Call = kind, Sequence = sequence, Tensor = tensor },
            Timeout => new CollectiveTimeoutException(Message) { Ranks = Ranks, Call = kind, Sequence = sequence, Tensor = tensor },
            Lost => new RankLostException(Message) { Ranks = Ranks, Call = kind, Sequence = sequence, Tensor = tensor },
            _ => new CollectiveException(Message) { Ranks = Ranks, Call = kind, Sequence = sequence, Tensor = tensor },
        };
    }
}
