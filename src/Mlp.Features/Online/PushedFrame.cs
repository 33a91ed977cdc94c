using Mlp.Features.Offline;

namespace Mlp.Features.Online;

/// <summary>Rows that are in the write-ahead log and not in the offline store yet. Immutable.</summary>
/// <param name="Segment">Segment of the write-ahead log that holds them.</param>
/// <param name="Durable">Completes when they are on the device.</param>
/// <param name="Payload">The frame (<see cref="WriteAheadFrame"/>).</param>
/// <param name="FirstSequence">Sequence of the first row; the others follow in steps of two.</param>
/// <param name="Count">Number of rows, at least 1.</param>
internal sealed record PushedFrame(long Segment, Task Durable, byte[] Payload, long FirstSequence, int Count)
{
    /// <summary>Sequence of the last row.</summary>
    internal long LastSequence => IngestSequences.Last(FirstSequence, Count);
}
