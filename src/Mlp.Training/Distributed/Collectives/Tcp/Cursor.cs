namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>
/// Where the streams to and from a rank are in a reduction. A stream carries the values of the other's part segment by segment, and behind each segment, one late, the reduced values of the sender's own: step 0 is segment 0,
/// step 2t - 1 is segment t, and step 2t is reduced segment t - 1.
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
