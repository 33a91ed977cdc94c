namespace Mlp.Training.Distributed.Collectives.Tcp.Control;

/// <summary>What ranks and rank 0 tell each other beside the values. Ranks in it are those of the world; <see cref="GroupFailure"/> speaks of those of the group.</summary>
internal abstract record ControlMessage
{
    /// <summary>The sender lives.</summary>
    public sealed record Heartbeat : ControlMessage;

    /// <summary>A rank's part of an exchange of all members of a group.</summary>
    public sealed record Offer(string Group, string Name, int[] Members, int Step, byte[] Payload) : ControlMessage;

    /// <summary>The parts of all.</summary>
    public sealed record Offers(string Group, int Step, byte[][] Payloads) : ControlMessage;

    /// <summary>Something went wrong for the sender.</summary>
    public sealed record Report(string Group, TroubleKind Kind, byte[] Call, int Suspect, double Seconds, GroupFailure? Stated) : ControlMessage;

    /// <summary>Rank 0 asks where a rank is.</summary>
    public sealed record Inquiry(string Group, long Call) : ControlMessage;

    /// <summary>Where a rank is: the call in question and the one under way, as <see cref="CallCodec"/> writes them; empty where there is none.</summary>
    public sealed record Answer(string Group, long Call, byte[] Asked, byte[] Current) : ControlMessage;

    /// <summary>What all members of a group throw.</summary>
    public sealed record Verdict(string Group, GroupFailure Failure) : ControlMessage;

    /// <summary>The sender has ended its part of a group after so many calls.</summary>
    public sealed record Leave(string Group, long Calls) : ControlMessage;

    /// <summary>A rank has ended its part of a group.</summary>
    public sealed record Left(string Group, int Rank, long Calls) : ControlMessage;
}
