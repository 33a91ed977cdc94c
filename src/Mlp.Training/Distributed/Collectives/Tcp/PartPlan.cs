namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>Cuts the ranks' parts into segments, and says what each step of a stream carries (<see cref="Cursor"/>). All ranks make the same plan.</summary>
internal readonly ref struct PartPlan
{
    private readonly ReadOnlySpan<Transfer> _parts;
    private readonly int _segmentBytes;
    private readonly int _segments;
    private readonly bool _gathers;

    /// <summary>Makes the plan.</summary>
    /// <param name="parts">The ranks' parts.</param>
    /// <param name="segmentBytes">Bytes of a segment, but for the last.</param>
    /// <param name="gathers">Whether reduced values go back to all.</param>
    public PartPlan(ReadOnlySpan<Transfer> parts, int segmentBytes, bool gathers)
    {
        _parts = parts;
        (_segmentBytes, _gathers) = (segmentBytes, gathers);
        var longest = 0;
        foreach (ref readonly var part in parts)
        {
            longest = Math.Max(longest, part.OutLength);
        }

        _segments = (int)(((long)longest + segmentBytes - 1) / segmentBytes);
    }

    /// <summary>Steps of the streams of a link.</summary>
    public int Steps(PeerLink link) => _gathers ? Lag(link) + (2 * _segments) : _segments;

    /// <summary>What a step carries.</summary>
    /// <param name="step">The step.</param>
    /// <param name="link">Whose stream.</param>
    /// <param name="to">Who gets the stream.</param>
    /// <param name="from">Who sends it.</param>
    /// <returns>Whether it is reduced values, of the sender's part, rather than values of the receiver's; where in that part it begins; and how many bytes it has.</returns>
    public (bool IsReduced, int Start, int Length) Piece(int step, PeerLink link, int to, int from)
    {
        var late = step - Lag(link);
        var isReduced = _gathers && late >= 0 && late % 2 != 0;
        var segment = !_gathers || late < 0 ? step : isReduced ? late / 2 : Lag(link) + (late / 2);
        var part = _parts[isReduced ? from : to].OutLength;
        var start = (int)Math.Min(part, (long)segment * _segmentBytes);
        return (isReduced, start, Math.Min(_segmentBytes, part - start));
    }

    /// <summary>Whether a stream carries anything.</summary>
    public bool Brings(int from, int to) => _segments > 0 && (_parts[to].OutLength > 0 || (_gathers && _parts[from].OutLength > 0));

    /// <summary>How many segments go ahead of the first reduced one: in memory one, so that caches still have what is reduced; over a network all, since what a rank waits for takes its latency to come.</summary>
    private int Lag(PeerLink link) => link is TcpLink ? _segments : Math.Min(1, _segments);
}
