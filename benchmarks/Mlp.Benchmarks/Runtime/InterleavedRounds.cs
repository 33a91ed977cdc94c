using System.Diagnostics;
using System.Globalization;

namespace Mlp.Benchmarks.Runtime;

/// <summary>
/// Ways to do the same, in turns of a fraction of a millisecond, so that what else the machine does and the pace of its processors meet all alike: a difference of 100 ns between runs of a second each drowns in them. The
/// first way is what the others are held against, round by round.
/// </summary>
internal sealed class InterleavedRounds
{
    private const int WarmUpRounds = 100;
    private readonly List<(string Name, Action Call, Func<IDisposable>? Begin, List<double> Nanoseconds)> _ways = [];

    /// <summary>Adds a way.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="call">One call.</param>
    /// <param name="begin">Begins a turn of the way, outside the time that is taken; what it returns ends the turn.</param>
    public InterleavedRounds Add(string name, Action call, Func<IDisposable>? begin = null)
    {
        _ways.Add((name, call, begin, []));
        return this;
    }

    /// <summary>Runs and prints a table: nanoseconds of a call, and the median over the rounds of what it is more than the first way, and of how many times as much.</summary>
    /// <param name="calls">Calls of a turn.</param>
    /// <param name="rounds">Number of rounds.</param>
    public void Run(int calls, int rounds)
    {
        for (var round = -WarmUpRounds; round < rounds; round++)
        {
            foreach (var way in _ways)
            {
                using var turn = way.Begin?.Invoke();

                // Some calls first, for what the turn before has left in the caches.
                Time(way.Call, Math.Max(3, calls / 16));
                var time = Time(way.Call, calls);
                if (round >= 0)
                {
                    way.Nanoseconds.Add(time);
                }
            }

            if (round < 0)
            {
                // The compiler looks again at what has been called often, on a thread of its own.
                Thread.Sleep(20);
            }
        }

        Console.WriteLine("| Way | Least | First decile | Median | More than the first way | Times the first way |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: |");
        foreach (var way in _ways)
        {
            var more = way.Nanoseconds.Zip(_ways[0].Nanoseconds, (time, first) => time - first);
            var times = way.Nanoseconds.Zip(_ways[0].Nanoseconds, (time, first) => time / first);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {way.Name} | {Quantile(way.Nanoseconds, 0):N0} ns | {Quantile(way.Nanoseconds, 0.1):N0} ns | {Quantile(way.Nanoseconds, 0.5):N0} ns | {Quantile(more, 0.5):N0} ns | {Quantile(times, 0.5):N2} |"));
        }
    }

    /// <summary>Requires an answer at once, which there is where features lie in memory.</summary>
    /// <param name="answer">The answer.</param>
    /// <exception cref="InvalidOperationException">It is not there yet.</exception>
    public static void Complete(ValueTask<double> answer)
    {
        if (!answer.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("Expected an answer at once, but found one to wait for.");
        }
    }

    private static double Time(Action call, int calls)
    {
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < calls; i++)
        {
            call();
        }

        return Stopwatch.GetElapsedTime(started).TotalNanoseconds / calls;
    }

    private static double Quantile(IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted[(int)(share * (sorted.Length - 1))];
    }
}
