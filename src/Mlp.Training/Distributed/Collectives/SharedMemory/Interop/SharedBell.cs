namespace Mlp.Training.Distributed.Collectives.SharedMemory.Interop;

/// <summary>Wakes a rank that sleeps. It says that it is about to sleep, looks once more, and sleeps; the others ring when they see that it does.</summary>
/// <param name="start">Two words in shared memory, on a cache line each.</param>
internal sealed unsafe class SharedBell(byte* start)
{
    private static readonly TimeSpan NoFutexPause = TimeSpan.FromMilliseconds(1);

    private readonly int* _rings = (int*)start;
    private readonly int* _isSleeping = (int*)(start + 64);

    /// <summary>Says that this rank is about to sleep. What it waits for must be looked at once more after that.</summary>
    /// <returns>What <see cref="Sleep"/> wants to know.</returns>
    public int Announce()
    {
        var rings = Volatile.Read(ref *_rings);
        Interlocked.Exchange(ref *_isSleeping, 1);
        return rings;
    }

    /// <summary>Sleeps until somebody rings, has rung since <see cref="Announce"/>, or the time is over.</summary>
    public void Sleep(int rings, TimeSpan limit)
    {
        if (Futex.IsSupported)
        {
            Futex.Wait(_rings, rings, limit);
        }
        else
        {
            Thread.CurrentThread.Join(limit < NoFutexPause ? limit : NoFutexPause);
        }
    }

    /// <summary>Says that this rank is awake.</summary>
    public void Rise() => Volatile.Write(ref *_isSleeping, 0);

    /// <summary>Wakes the rank, if it sleeps. What it waits for has been written before.</summary>
    public void Ring()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref *_isSleeping) != 0)
        {
            Interlocked.Increment(ref *_rings);
            if (Futex.IsSupported)
            {
                Futex.Wake(_rings);
            }
        }
    }
}
