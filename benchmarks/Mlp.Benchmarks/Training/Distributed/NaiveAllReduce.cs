using System.Numerics.Tensors;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>What one writes in an afternoon: buffers are shown, each rank sums a slice into shared memory, all copy it back; a <see cref="Barrier"/> stands between the steps.</summary>
internal sealed class NaiveAllReduce(int worldSize) : IDisposable
{
    private readonly Barrier _barrier = new(worldSize);
    private readonly float[][] _buffers = new float[worldSize][];
    private float[] _sum = [];

    /// <summary>Reduces a rank's buffer in place.</summary>
    public void Reduce(int rank, float[] values)
    {
        _buffers[rank] = values;
        if (rank == 0 && _sum.Length != values.Length)
        {
            _sum = new float[values.Length];
        }

        _barrier.SignalAndWait();
        var (start, end) = ((int)((long)values.Length * rank / worldSize), (int)((long)values.Length * (rank + 1) / worldSize));
        var slice = _sum.AsSpan(start, end - start);
        _buffers[0].AsSpan(start, end - start).CopyTo(slice);
        for (var other = 1; other < worldSize; other++)
        {
            TensorPrimitives.Add(slice, _buffers[other].AsSpan(start, end - start), slice);
        }

        _barrier.SignalAndWait();
        _sum.CopyTo(values, 0);
        _barrier.SignalAndWait();
    }

    public void Dispose() => _barrier.Dispose();
}
