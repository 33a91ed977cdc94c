namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>Ranks that reduce buffers of float32 when they are told to, and sleep meanwhile.</summary>
internal interface IAllReduceWay : IDisposable
{
    /// <summary>What the table calls it.</summary>
    string Name { get; }

    /// <summary>Makes calls one after the other, some before that are not counted.</summary>
    /// <param name="byteCount">Bytes of each rank's buffer.</param>
    /// <param name="calls">Number of calls.</param>
    /// <param name="refill">Whether each rank writes its buffer anew before each call, outside of the time: as gradients are. Otherwise the outcome of a call, part of it in other ranks' caches, is reduced again.</param>
    /// <returns>Microseconds per call on rank 0.</returns>
    double Measure(int byteCount, int calls, bool refill);
}
