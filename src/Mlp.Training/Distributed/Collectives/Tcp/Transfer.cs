namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>What goes to a rank and what comes from it in one call, in bytes.</summary>
/// <param name="outStart">Where what goes to it begins.</param>
/// <param name="outLength">How much.</param>
/// <param name="inStart">Where what comes from it is put.</param>
/// <param name="inLength">How much.</param>
internal struct Transfer(int outStart, int outLength, int inStart, int inLength)
{
    /// <summary>Where the next byte to send lies.</summary>
    public int OutStart = outStart;

    /// <summary>Bytes still to send.</summary>
    public int OutLength = outLength;

    /// <summary>Where the next byte that comes is put.</summary>
    public int InStart = inStart;

    /// <summary>Bytes still to come.</summary>
    public int InLength = inLength;
}
