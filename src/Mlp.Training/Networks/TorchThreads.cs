using TorchSharp;

namespace Mlp.Training.Networks;

/// <summary>
/// How many threads libtorch computes with, while somebody trains. libtorch has one number for the process (each thread takes it over when it first computes), so the last training that
/// ends gives back what the first one found. Thread-safe.
/// </summary>
/// <param name="read">Reads the number.</param>
/// <param name="write">Sets it.</param>
internal sealed class TorchThreads(Func<int> read, Action<int> write)
{
    private readonly Lock _gate = new();
    private int _users;
    private int _before;

    /// <summary>That of this process.</summary>
    public static TorchThreads Process { get; } = new(torch.get_num_threads, torch.set_num_threads);

    /// <summary>Does something on the thread that calls with a number of threads.</summary>
    /// <param name="count">Threads.</param>
    /// <param name="work">What to do.</param>
    public T Use<T>(int count, Func<T> work)
    {
        lock (_gate)
        {
            if (_users++ == 0)
            {
                _before = read();
            }

            write(count);
        }

        try
        {
            return work();
        }
        finally
        {
            lock (_gate)
            {
                if (--_users == 0)
                {
                    write(_before);
                }
            }
        }
    }
}
