using System.Numerics.Tensors;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>
/// Combines the gradients of ranks two by two, then the outcomes, layer by layer: a, b become (1 − a·b / 2‖a‖²) a + (1 − a·b / 2‖b‖²) b (Maleki et al., "Scaling Distributed Training with Adaptive Summation", 2020, section 3). Each rank combines a part of a bucket for all, of which
/// inner products are added up. A rank's gradients count times the number of ranks, as what they would be without the others. For one thread.
/// </summary>
internal sealed class AdasumTransport : IGradientTransport
{
    private const int Products = 3;

    private readonly ProcessGroup _group;
    private readonly Memory<float> _gradients;
    private readonly IReadOnlyList<int> _offsets;
    private IReadOnlyList<GradientBucket> _buckets = [];
    private double[] _totals = [];
    private float[] _mine = [];
    private float[] _parts = [];

    /// <summary>Prepares.</summary>
    /// <param name="group">The ranks.</param>
    /// <param name="gradients">The flat gradients of this one.</param>
    /// <param name="buckets">How they are cut.</param>
    /// <param name="offsets">Where the gradients of each parameter begin.</param>
    public AdasumTransport(ProcessGroup group, Memory<float> gradients, IReadOnlyList<GradientBucket> buckets, IReadOnlyList<int> offsets)
    {
        (_group, _gradients, _offsets) = (group, gradients, offsets);
        Cut(buckets);
    }

    public void Cut(IReadOnlyList<GradientBucket> buckets)
    {
        _buckets = buckets;
        var room = buckets.Max(b => PartOf(b.Length)) * _group.WorldSize;
        (_mine, _parts) = (new float[room], new float[room]);
    }

    public void Begin(ReadOnlySpan<double> totals) => _totals = totals.ToArray();

    public void Send(int bucket)
    {
        // Inner products of a layer need all of it on all ranks, so nothing sets out before the end.
    }

    public void End(Span<double> totals)
    {
        _group.AllReduce(_totals.AsSpan(), ReduceOperation.Sum, "losses");
        foreach (var bucket in _buckets)
        {
            Combine(bucket);
        }

        _totals.CopyTo(totals);
    }

    public void Dispose()
    {
    }

    private int PartOf(int length) => (length + _group.WorldSize - 1) / _group.WorldSize;

    private void Combine(GradientBucket bucket)
    {
        var (part, world) = (PartOf(bucket.Length), _group.WorldSize);
        var gradients = _gradients.Span.Slice(bucket.Start, bucket.Length);
        Span<float> mine = _mine.AsSpan(0, part * world), parts = _parts.AsSpan(0, part * world);
        mine.Clear();
        TensorPrimitives.Multiply(gradients, world, mine);
        _group.AllToAll<float>(mine, parts, "gradients to combine");
        var layers = LayersOf(bucket, part);
        for (var stride = 1; stride < world; stride *= 2)
        {
            CombinePairs(parts, part, stride, layers);
        }

        _group.AllGather<float>(parts[..part], mine, null, "combined gradients");
        mine[..bucket.Length].CopyTo(gradients);
    }

    // The pieces of the bucket's layers that lie in this rank's part, in the same order on all ranks; empty where a layer has none here.
    private Range[] LayersOf(GradientBucket bucket, int part)
    {
        var (begin, end) = (bucket.Start + (_group.Rank * part), bucket.Start + Math.Min(bucket.Length, (_group.Rank + 1) * part));
        var starts = bucket.Parameters.Select(p => _offsets[p]).Order().ToArray();
        return [.. starts.Select((start, i) =>
        {
            var from = Math.Clamp(start, begin, Math.Max(begin, end));
            var to = Math.Clamp(i + 1 < starts.Length ? starts[i + 1] : bucket.Start + bucket.Length, from, Math.Max(from, end));
            return (from - begin)..(to - begin);
        })];
    }

    private void CombinePairs(Span<float> parts, int part, int stride, Range[] layers)
    {
        var pairs = (_group.WorldSize - stride + (2 * stride) - 1) / (2 * stride);
        var products = new double[pairs * layers.Length * Products];
        for (var pair = 0; pair < pairs; pair++)
        {
            Span<float> left = parts.Slice(2 * stride * pair * part, part), right = parts.Slice(((2 * stride * pair) + stride) * part, part);
            for (var layer = 0; layer < layers.Length; layer++)
            {
                Multiply(left[layers[layer]], right[layers[layer]], products.AsSpan(((pair * layers.Length) + layer) * Products, Products));
            }
        }

        _group.AllReduce<double>(products, ReduceOperation.Sum, "inner products");
        for (var pair = 0; pair < pairs; pair++)
        {
            Span<float> left = parts.Slice(2 * stride * pair * part, part), right = parts.Slice(((2 * stride * pair) + stride) * part, part);
            for (var layer = 0; layer < layers.Length; layer++)
            {
                var at = products.AsSpan(((pair * layers.Length) + layer) * Products, Products);
                var (a, b) = ((float)(1 - Half(at[0], at[1])), (float)(1 - Half(at[0], at[2])));
                Span<float> x = left[layers[layer]], y = right[layers[layer]];
                for (var i = 0; i < x.Length; i++)
                {
                    x[i] = (a * x[i]) + (b * y[i]);
                }
            }
        }
    }

    // A vector of zeros has nothing in common with another.
    private static double Half(double product, double square) => square == 0 ? 0 : product / (2 * square);

    private static void Multiply(ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<double> products)
    {
        for (var i = 0; i < left.Length; i++)
        {
            products[0] += (double)left[i] * right[i];
            products[1] += (double)left[i] * left[i];
            products[2] += (double)right[i] * right[i];
        }
    }
}
