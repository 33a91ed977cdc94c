using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>Gradients and losses travel by a process group.</summary>
/// <typeparam name="T">What gradients are.</typeparam>
internal sealed class GroupTransport<T> : IGradientTransport
    where T : unmanaged
{
    private readonly ProcessGroup _group;
    private readonly Memory<T> _gradients;
    private readonly bool _isBackground;
    private readonly Action<int>? _received;
    private readonly List<CollectiveHandle> _handles = [];
    private IReadOnlyList<GradientBucket> _buckets = [];
    private string[] _names = [];
    private double[] _totals = [];

    /// <summary>Prepares.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="gradients">The flat gradients of this one.</param>
    /// <param name="buckets">How they are cut.</param>
    /// <param name="isBackground">Whether the group's own thread makes the calls; otherwise they are made where they are asked for. The calls are the same.</param>
    /// <param name="received">Told of each bucket that has become a sum, in order, on the thread that sends; null for nobody.</param>
    public GroupTransport(ProcessGroup group, Memory<T> gradients, IReadOnlyList<GradientBucket> buckets, bool isBackground, Action<int>? received = null)
    {
        (_group, _gradients, _isBackground, _received) = (group, gradients, isBackground, received);
        Cut(buckets);
    }

    public void Cut(IReadOnlyList<GradientBucket> buckets)
    {
        _buckets = buckets;
        _names = [.. Enumerable.Range(0, buckets.Count).Select(i => FormattableString.Invariant($"gradients {i}"))];
    }

    public void Begin(ReadOnlySpan<double> totals)
    {
        if (_totals.Length != totals.Length)
        {
            _totals = new double[totals.Length];
        }

        totals.CopyTo(_totals);
        if (_isBackground)
        {
            _handles.Add(_group.StartAllReduce(_totals.AsMemory(), ReduceOperation.Sum, "losses"));
        }
    }

    public void Send(int bucket)
    {
        var gradients = _gradients.Slice(_buckets[bucket].Start, _buckets[bucket].Length);
        if (_isBackground)
        {
            _handles.Add(_group.StartAllReduce(gradients, ReduceOperation.Sum, _names[bucket]));
            return;
        }

        // Other ranks may have sent losses before the backward pass: the order is the same.
        if (bucket == 0)
        {
            _group.AllReduce(_totals.AsSpan(), ReduceOperation.Sum, "losses");
        }

        _group.AllReduce(gradients.Span, ReduceOperation.Sum, _names[bucket]);
        _received?.Invoke(bucket);
    }

    public void End(Span<double> totals)
    {
        for (var call = 0; call < _handles.Count; call++)
        {
            _handles[call].Wait();

            // The losses are the first call.
            if (call > 0)
            {
                _received?.Invoke(call - 1);
            }
        }

        _handles.Clear();
        _totals.CopyTo(totals);
    }

    public void Dispose()
    {
        if (_handles.Exists(h => !h.IsCompleted))
        {
            _group.Abort("its training ended in the middle of a step");
            foreach (var handle in _handles)
            {
                ((IAsyncResult)handle.AsTask()).AsyncWaitHandle.WaitOne();
            }
        }
    }
}
