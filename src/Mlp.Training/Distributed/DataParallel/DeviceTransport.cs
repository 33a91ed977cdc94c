using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Nccl.Interop;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>Gradients that lie on GPUs travel between them, in a stream beside that in which the backward pass goes on; losses travel by the same group.</summary>
/// <param name="group">Ranks with a GPU each.</param>
/// <param name="gradients">The flat gradients of this one, memory of its GPU.</param>
/// <param name="marks">Say when a bucket is there.</param>
/// <param name="buckets">How gradients are cut.</param>
internal sealed class DeviceTransport(ProcessGroup group, Memory<float> gradients, ReadyEvents marks, IReadOnlyList<GradientBucket> buckets) : IGradientTransport
{
    private readonly List<CollectiveHandle> _handles = [];
    private IReadOnlyList<GradientBucket> _buckets = buckets;
    private double[] _totals = [];

    public void Cut(IReadOnlyList<GradientBucket> buckets) => _buckets = buckets;

    public void Begin(ReadOnlySpan<double> totals)
    {
        _totals = totals.ToArray();
        _handles.Add(group.StartAllReduce(_totals.AsMemory(), ReduceOperation.Sum, "losses"));
    }

    public void Send(int bucket)
    {
        var place = gradients.Slice(_buckets[bucket].Start, _buckets[bucket].Length);
        _handles.Add(group.StartAllReduceOnDevice(place, ReduceOperation.Sum, FormattableString.Invariant($"gradients {bucket}"), marks.Record(bucket)));
    }

    public void End(Span<double> totals)
    {
        _handles.ForEach(h => h.Wait());
        _handles.Clear();
        _totals.CopyTo(totals);
    }

    public void Dispose()
    {
        if (_handles.Exists(h => !h.IsCompleted))
        {
            group.Abort("its training ended in the middle of a step");
            foreach (var handle in _handles)
            {
                ((IAsyncResult)handle.AsTask()).AsyncWaitHandle.WaitOne();
            }
        }

        marks.Dispose();
    }
}
