namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>
/// Where the streams to and from a rank are in a reduction. A stream carries the values of the other's part segment by segment, and between them, some segments late, the reduced values of the sender's own: with a lag of l segments
/// steps 0 to l - 1 are these segments, step l + 2t is segment l + t, and step l + 2t + 1 is reduced segment t.
/// </summary>
internal struct Cursor
{
    /// <summary>Step of the stream to the rank.</summary>
    public int OutStep;

    /// <summary>Bytes of it that are sent.</summary>
    public int OutDone;

    /// <summary>Step of the stream from the rank.</summary>
    public int InStep;

    /// <summary>Bytes of it that have come.</summary>
    public int InDone;
}
