using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>Gradients that lie on a GPU travel by a transport for memory of the host: each bucket is copied there when it is complete, and the sums are copied back at the end of the step.</summary>
/// <param name="inner">Adds up what lies in <paramref name="host"/>.</param>
/// <param name="gradients">Flat gradients on the device.</param>
/// <param name="host">As many numbers of the host; belongs to this object, as <paramref name="inner"/> does.</param>
/// <param name="buckets">How gradients are cut.</param>
internal sealed class StagedTransport(IGradientTransport inner, Tensor gradients, Tensor host, IReadOnlyList<GradientBucket> buckets) : IGradientTransport
{
    private IReadOnlyList<GradientBucket> _buckets = buckets;

    public void Cut(IReadOnlyList<GradientBucket> buckets)
    {
        _buckets = buckets;
        inner.Cut(buckets);
    }

    public void Begin(ReadOnlySpan<double> totals) => inner.Begin(totals);

    public void Send(int bucket)
    {
        var (start, length) = (_buckets[bucket].Start, _buckets[bucket].Length);

        // Called within a backward pass as well, on a thread of libtorch.
        using (torch.no_grad())
        using (var from = gradients.narrow(0, start, length))
        using (var to = host.narrow(0, start, length))
        {
            to.copy_(from);
        }

        inner.Send(bucket);
    }

    public void End(Span<double> totals)
    {
        inner.End(totals);
        using (torch.no_grad())
        {
            gradients.copy_(host);
        }
    }

    public void Dispose()
    {
        inner.Dispose();
        host.Dispose();
    }
}
