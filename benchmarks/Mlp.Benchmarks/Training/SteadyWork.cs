using System.Diagnostics;

namespace Mlp.Benchmarks.Training;

/// <summary>The same work over and over on a thread of its own, in turns: libtorch keeps threads for each thread that asks it to compute, so a turn must not come from another one. One turn at a time.</summary>
internal sealed class SteadyWork : IDisposable
{
    private readonly Action _work;
    private readonly SemaphoreSlim _begin = new(0);
    private readonly SemaphoreSlim _ended = new(0);
    private readonly Thread _thread;
    private TimeSpan _length;
    private bool _isOver;

    /// <summary>Starts the thread, which waits.</summary>
    /// <param name="work">One piece of work.</param>
    public SteadyWork(Action work)
    {
        _work = work;
        _thread = new Thread(Run);
        _thread.Start();
    }

    /// <summary>Pieces of work in the last turn.</summary>
    public int Count { get; private set; }

    /// <summary>Microseconds of a piece of work in the last turn.</summary>
    public double Microseconds { get; private set; }

    /// <summary>Begins a turn.</summary>
    /// <param name="length">How long to work.</param>
    public void Begin(TimeSpan length)
    {
        _length = length;
        _begin.Release();
    }

    /// <summary>Waits for the end of the turn.</summary>
    public void End() => _ended.Wait();

    /// <inheritdoc/>
    public void Dispose()
    {
        _isOver = true;
        _begin.Release();
        _thread.Join();
        _begin.Dispose();
        _ended.Dispose();
    }

    private void Run()
    {
        for (_begin.Wait(); !_isOver; _begin.Wait())
        {
            var started = Stopwatch.GetTimestamp();
            var count = 0;
            while (Stopwatch.GetElapsedTime(started) < _length)
            {
                _work();
                count++;
            }

            (Count, Microseconds) = (count, Stopwatch.GetElapsedTime(started).TotalMicroseconds / count);
            _ended.Release();
        }
    }
}
