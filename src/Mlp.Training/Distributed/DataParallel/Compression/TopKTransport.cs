using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Networks;

namespace Mlp.Training.Distributed.DataParallel.Compression;

/// <summary>
/// Of each bucket a rank sends its largest gradients with their places, and owes the others: they are added to those of the next step (Aji and Heafield, "Sparse Communication for Distributed Gradient Descent", EMNLP 2017; Stich et al., "Sparsified SGD with
/// Memory", NeurIPS 2018). All ranks get what all send and add it up in the order of the ranks.
/// </summary>
internal sealed class TopKTransport : IGradientTransport
{
    private readonly ProcessGroup _group;
    private readonly Memory<float> _gradients;
    private readonly bool _isBackground;
    private readonly CompressionState _state;
    private readonly GradientScaler? _scaler;
    private readonly double _share;
    private readonly LargestValues _largest = new();
    private readonly List<CollectiveHandle> _handles = [];
    private IReadOnlyList<GradientBucket> _buckets = [];
    private string[] _names = [];
    private int[][] _sent = [];
    private int[][] _received = [];
    private double[] _totals = [];
    private float _scale;

    /// <summary>Prepares.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="gradients">The flat gradients of this one.</param>
    /// <param name="buckets">How they are cut.</param>
    /// <param name="isBackground">Whether the group's own thread makes the calls.</param>
    /// <param name="state">What is owed.</param>
    /// <param name="scaler">The loss scale, which gradients are divided by before they are compared with what is owed; null for none.</param>
    /// <param name="share">Share of a bucket that travels.</param>
    public TopKTransport(
        ProcessGroup group, Memory<float> gradients, IReadOnlyList<GradientBucket> buckets, bool isBackground, CompressionState state, GradientScaler? scaler, double share)
    {
        (_group, _gradients, _isBackground, _state, _scaler, _share) = (group, gradients, isBackground, state, scaler, share);
        Cut(buckets);
    }

    public void Cut(IReadOnlyList<GradientBucket> buckets)
    {
        _buckets = buckets;
        _names = [.. Enumerable.Range(0, buckets.Count).Select(i => FormattableString.Invariant($"largest gradients {i}"))];
        _sent = [.. buckets.Select(b => new int[2 * Math.Clamp((int)Math.Ceiling(b.Length * _share), 1, b.Length)])];
        _received = [.. _sent.Select(s => new int[s.Length * _group.WorldSize])];
    }

    public void Begin(ReadOnlySpan<double> totals)
    {
        if (_totals.Length != totals.Length)
        {
            _totals = new double[totals.Length];
        }

        totals.CopyTo(_totals);
        (_scale, _state.Largest) = ((float)(_scaler?.Scale ?? 1), 0);
        if (_isBackground)
        {
            _handles.Add(_group.StartAllReduce(_totals.AsMemory(), ReduceOperation.Sum, "losses"));
        }
    }

    public void Send(int bucket)
    {
        var (start, length) = (_buckets[bucket].Start, _buckets[bucket].Length);
        Span<float> gradients = _gradients.Span.Slice(start, length), owed = _state.Residuals.AsSpan(start, length), next = _state.Next.AsSpan(start, length);
        for (var i = 0; i < gradients.Length; i++)
        {
            next[i] = (gradients[i] / _scale) + owed[i];
        }

        _largest.Take(next, _sent[bucket]);
        if (_isBackground)
        {
            _handles.Add(_group.StartAllGather<int>(_sent[bucket], _received[bucket], null, _names[bucket]));
            return;
        }

        // Other ranks may have sent losses before the backward pass: the order is the same.
        if (bucket == 0)
        {
            _group.AllReduce(_totals.AsSpan(), ReduceOperation.Sum, "losses");
        }

        _group.AllGather<int>(_sent[bucket], _received[bucket], null, _names[bucket]);
    }

    public void End(Span<double> totals)
    {
        foreach (var handle in _handles)
        {
            handle.Wait();
        }

        _handles.Clear();
        for (var bucket = 0; bucket < _buckets.Count; bucket++)
        {
            Add(_received[bucket], _gradients.Span.Slice(_buckets[bucket].Start, _buckets[bucket].Length));
        }

        _totals.CopyTo(totals);
    }

    public void Dispose()
    {
        if (_handles.Exists(h => !h.IsCompleted))
        {
            _group.Abort("its training ended in the middle of a step");
        }
    }

    private void Add(ReadOnlySpan<int> received, Span<float> sums)
    {
        sums.Clear();
        for (var i = 0; i < received.Length; i += 2)
        {
            var value = BitConverter.Int32BitsToSingle(received[i + 1]);
            sums[received[i]] += value * _scale;
            _state.Largest = Math.Max(_state.Largest, Math.Abs(value));
        }
    }
}
