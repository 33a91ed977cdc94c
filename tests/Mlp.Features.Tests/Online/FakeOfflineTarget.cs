using Mlp.Features.Offline;
using Mlp.Features.Online;

namespace Mlp.Features.Tests.Online;

/// <summary>An offline store in memory that outlives the online stores of a test.</summary>
internal sealed class FakeOfflineTarget : IOfflinePushTarget
{
    private readonly Lock _gate = new();
    private long _last;

    internal List<(uint View, byte[] Key, byte[] Row)> Rows { get; } = [];

    internal int Commits { get; private set; }

    internal Exception? Failure { get; set; }

    public long ReserveSequences(uint viewId, int count, long above)
    {
        lock (_gate)
        {
            var first = IngestSequences.AtLeast(OfflineCommitKind.Push, Math.Max(_last, above) + 1);
            _last = IngestSequences.Last(first, count);
            return first;
        }
    }

    public long FindCommittedSequence(uint viewId)
    {
        lock (_gate)
        {
            return Rows.Where(row => row.View == viewId).Select(row => OnlineRowCodec.ReadVersion(row.Row).Sequence).DefaultIfEmpty(long.MinValue).Max();
        }
    }

    public Task CommitAsync(uint viewId, IReadOnlyList<PushedFrame> frames, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (Failure is not null)
            {
                throw Failure;
            }

            Commits++;
            foreach (var frame in frames)
            {
                var position = WriteAheadFrame.HeaderLength;
                while (WriteAheadFrame.TryRead(frame.Payload, ref position, out var key, out _, out var row))
                {
                    Rows.Add((viewId, key.ToArray(), frame.Payload[row]));
                }
            }
        }

        return Task.CompletedTask;
    }
}
