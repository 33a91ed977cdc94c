using System.Diagnostics;
using System.Globalization;
using Mlp.Benchmarks.Soaks;

namespace Mlp.Benchmarks.Training;

/// <summary>
/// <c>training-pairs --rounds 60 --milliseconds 200</c>: the work of <see cref="TrainingBesideInferenceBenchmarks"/> in turns: batches alone, training steps alone, and both at once, round after round, so that the
/// pace of the processors meets all alike. Of the turns together both sides are counted, and how many processors the process used, which shows that both were at work.
/// </summary>
internal static class TrainingPairs
{
    private const int WarmUpRounds = 3;

    /// <summary>Runs and prints.</summary>
    /// <param name="arguments">The options.</param>
    public static void Run(SoakArguments arguments)
    {
        var (rounds, length) = (arguments.Get("rounds", 60), TimeSpan.FromMilliseconds(arguments.Get("milliseconds", 200)));
        Console.WriteLine("| Threads of a training step | | Alone | Together | Times as long: median | Quartiles | Pieces of work in a turn together | Processors used alone | Together |");
        Console.WriteLine("| ---: | --- | ---: | ---: | ---: | --- | ---: | ---: | ---: |");
        foreach (var threads in new[] { 1, 2 })
        {
            var served = new TrainingBesideInferenceBenchmarks { TrainingThreads = threads };
            served.SetUp();
            using (var inference = new Side("batch of 256 rows", served.PredictAlone))
            using (var training = new Side("training step", served.TrainAlone))
            {
                for (var round = -WarmUpRounds; round < rounds; round++)
                {
                    var isWarm = round >= 0;
                    Take([inference], length, isWarm);
                    Take([training], length, isWarm);
                    Take([inference, training], length, isWarm);
                }

                inference.Print(threads);
                training.Print(threads);
            }

            served.CleanUp();
        }
    }

    private static void Take(Side[] sides, TimeSpan length, bool isKept)
    {
        using var process = Process.GetCurrentProcess();
        var (began, used) = (Stopwatch.GetTimestamp(), process.TotalProcessorTime);
        foreach (var side in sides)
        {
            side.Work.Begin(length);
        }

        foreach (var side in sides)
        {
            side.Work.End();
        }

        process.Refresh();
        var processors = (process.TotalProcessorTime - used) / Stopwatch.GetElapsedTime(began);
        if (!isKept)
        {
            return;
        }

        foreach (var side in sides)
        {
            (sides.Length == 1 ? side.Alone : side.Together).Add((side.Work.Microseconds, side.Work.Count, processors));
        }
    }

    private sealed class Side(string name, Action work) : IDisposable
    {
        public SteadyWork Work { get; } = new(work);

        public List<(double Microseconds, int Count, double Processors)> Alone { get; } = [];

        public List<(double Microseconds, int Count, double Processors)> Together { get; } = [];

        public void Print(int threads)
        {
            double[] times = [.. Together.Zip(Alone, (together, alone) => together.Microseconds / alone.Microseconds)];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {threads} | {name} | {Quantile(Alone.Select(t => t.Microseconds)):N0} µs | {Quantile(Together.Select(t => t.Microseconds)):N0} µs | {Quantile(times):0.00} | {Quantile(times, 0.25):0.00} to {Quantile(times, 0.75):0.00} | {Quantile(Together.Select(t => (double)t.Count)):N0} | {Quantile(Alone.Select(t => t.Processors)):0.00} | {Quantile(Together.Select(t => t.Processors)):0.00} |"));
        }

        public void Dispose() => Work.Dispose();

        private static double Quantile(IEnumerable<double> values, double share = 0.5)
        {
            double[] sorted = [.. values.Order()];
            return sorted[(int)(share * (sorted.Length - 1))];
        }
    }
}
