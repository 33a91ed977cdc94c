using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.DataParallel.Interop;
using TorchSharp.Modules;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>
/// Sends the buckets of flat gradients. With overlap a bucket sets out as soon as a backward pass has completed it and those before it, so that all ranks send the same buckets in the same order; what a
/// pass has left incomplete, because it does not reach some parameter, sets out at its end. For one thread.
/// </summary>
internal sealed class GradientBuckets : IDisposable
{
    private readonly IGradientTransport _transport;
    private readonly int[] _bucketOf;
    private readonly GradientHooks? _hooks;
    private IReadOnlyList<GradientBucket> _buckets = [];
    private int[] _missing = [];
    private bool _isArmed;
    private int _next;

    /// <summary>Prepares.</summary>
    /// <param name="transport">What they are sent by; belongs to this object.</param>
    /// <param name="buckets">How gradients are cut, in the order in which they travel.</param>
    /// <param name="parameters">The parameters whose gradients they are.</param>
    /// <param name="overlaps">Whether buckets set out during a backward pass, which <see cref="GradientHooks"/> must allow.</param>
    public GradientBuckets(IGradientTransport transport, IReadOnlyList<GradientBucket> buckets, IReadOnlyList<Parameter> parameters, bool overlaps)
    {
        (_transport, _bucketOf) = (transport, new int[parameters.Count]);
        Place(buckets);
        _hooks = overlaps ? new(parameters, Complete) : null;
    }

    /// <summary>Cuts gradients in another way from the next step on. Between steps, on all replicas alike.</summary>
    public void Cut(IReadOnlyList<GradientBucket> buckets)
    {
        Place(buckets);
        _transport.Cut(buckets);
    }

    /// <summary>Says that the next backward pass is the last one of a step.</summary>
    /// <param name="totals">This replica's losses.</param>
    public void Begin(ReadOnlySpan<double> totals)
    {
        for (var i = 0; i < _missing.Length; i++)
        {
            _missing[i] = _buckets[i].Parameters.Count;
        }

        (_isArmed, _next) = (true, 0);
        _transport.Begin(totals);
    }

    /// <summary>Sends what has not set out, and waits until all gradients are sums.</summary>
    /// <param name="totals">Receives the sums of the losses.</param>
    /// <exception cref="CollectiveException">A rank is lost, late, or does something else.</exception>
    public void End(Span<double> totals)
    {
        _isArmed = false;
        _hooks?.ThrowIfFailed();
        while (_next < _buckets.Count)
        {
            _transport.Send(_next++);
        }

        _transport.End(totals);
    }

    public void Dispose()
    {
        _hooks?.Dispose();
        _transport.Dispose();
    }

    private void Place(IReadOnlyList<GradientBucket> buckets)
    {
        (_buckets, _missing) = (buckets, new int[buckets.Count]);
        for (var bucket = 0; bucket < buckets.Count; bucket++)
        {
            foreach (var parameter in buckets[bucket].Parameters)
            {
                _bucketOf[parameter] = bucket;
            }
        }
    }

    private void Complete(int parameter)
    {
        if (!_isArmed)
        {
            return;
        }

        _missing[_bucketOf[parameter]]--;
        while (_next < _buckets.Count && _missing[_next] == 0)
        {
            _transport.Send(_next++);
        }
    }
}
