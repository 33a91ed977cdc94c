using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel.Interop;
using TorchSharp.Modules;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>
/// Adds up flat gradients over all ranks. With overlap a bucket sets out as soon as a backward pass has completed it and those before it, so that all ranks send the same buckets in the same order;
/// what a pass has left incomplete, because it does not reach some parameter, sets out at its end. For one thread.
/// </summary>
/// <typeparam name="T">What gradients are.</typeparam>
internal sealed class GradientBuckets<T> : IDisposable
    where T : unmanaged
{
    private readonly ProcessGroup _group;
    private readonly Memory<T> _gradients;
    private readonly IReadOnlyList<GradientBucket> _buckets;
    private readonly int[] _bucketOf;
    private readonly int[] _missing;
    private readonly CollectiveHandle?[] _handles;
    private readonly string[] _names;
    private readonly GradientHooks? _hooks;
    private bool _isArmed;
    private int _next;

    /// <summary>Prepares.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="gradients">The flat gradients.</param>
    /// <param name="buckets">How they are cut, in the order in which they travel.</param>
    /// <param name="parameters">The parameters whose gradients they are.</param>
    /// <param name="overlaps">Whether buckets travel during a backward pass.</param>
    public GradientBuckets(ProcessGroup group, Memory<T> gradients, IReadOnlyList<GradientBucket> buckets, IReadOnlyList<Parameter> parameters, bool overlaps)
    {
        (_group, _gradients, _buckets) = (group, gradients, buckets);
        _missing = new int[buckets.Count];
        _handles = new CollectiveHandle?[buckets.Count];
        _names = [.. Enumerable.Range(0, buckets.Count).Select(i => FormattableString.Invariant($"gradients {i}"))];
        _bucketOf = new int[parameters.Count];
        for (var bucket = 0; bucket < buckets.Count; bucket++)
        {
            foreach (var parameter in buckets[bucket].Parameters)
            {
                _bucketOf[parameter] = bucket;
            }
        }

        _hooks = overlaps && GradientHooks.AreAvailable ? new(parameters, Complete) : null;
    }

    /// <summary>Whether buckets travel during a backward pass.</summary>
    public bool Overlaps => _hooks is not null;

    /// <summary>Says that the next backward pass is the last one of a step.</summary>
    public void Arm()
    {
        for (var i = 0; i < _missing.Length; i++)
        {
            _missing[i] = _buckets[i].Parameters.Count;
        }

        (_isArmed, _next) = (true, 0);
    }

    /// <summary>Sends what has not set out, and waits until all gradients are sums.</summary>
    /// <exception cref="CollectiveException">A rank is lost, late, or does something else.</exception>
    public void Finish()
    {
        _isArmed = false;
        _hooks?.ThrowIfFailed();
        for (; _next < _buckets.Count; _next++)
        {
            if (_hooks is null)
            {
                _group.AllReduce(Of(_next).Span, ReduceOperation.Sum, _names[_next]);
            }
            else
            {
                Send(_next);
            }
        }

        for (var i = 0; i < _handles.Length; i++)
        {
            _handles[i]?.Wait();
            _handles[i] = null;
        }
    }

    public void Dispose() => _hooks?.Dispose();

    private void Complete(int parameter)
    {
        if (!_isArmed)
        {
            return;
        }

        _missing[_bucketOf[parameter]]--;
        while (_next < _buckets.Count && _missing[_next] == 0)
        {
            Send(_next++);
        }
    }

    private void Send(int bucket) => _handles[bucket] = _group.StartAllReduce(Of(bucket), ReduceOperation.Sum, _names[bucket]);

    private Memory<T> Of(int bucket) => _gradients.Slice(_buckets[bucket].Start, _buckets[bucket].Length);
}
