using System.Globalization;
using Mlp.Benchmarks.Soaks;
using TorchSharp;

namespace Mlp.Benchmarks.Training;

/// <summary><c>training-soak --first 1000 --steps 10000</c>: anonymous memory of the process and live tensors must be the same after the last step as after the first thousand, within 5 %.</summary>
internal static class TrainingSoak
{
    private const double Tolerance = 0.05;

    /// <summary>Runs.</summary>
    /// <param name="arguments">The options.</param>
    /// <returns>0 when nothing grew.</returns>
    public static Task<int> RunAsync(SoakArguments arguments)
    {
        var (first, last) = (arguments.Get("first", 1000), arguments.Get("steps", 10_000));
        var hasPassed = true;
        foreach (var (name, create) in new (string, Func<StepSubject>)[] { ("multilayer perceptron", StepSubject.Mlp), ("convolutional network", StepSubject.Convolutions) })
        {
            using var subject = create();
            var (memory, tensors) = (0L, 0L);
            for (var step = 1; step <= last; step++)
            {
                subject.Step();
                if (step % (first / 2) == 0)
                {
                    var (bytes, live) = (AnonymousBytes(), DisposeScopeManager.Statistics.ThreadTotalLiveCount);
                    (memory, tensors) = step == first ? (bytes, live) : (memory, tensors);
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}  {step,7} steps  {bytes / 1024,9:N0} KiB  {live,6} tensors"));
                    hasPassed &= step != last || (bytes <= memory * (1 + Tolerance) && live <= tensors * (1 + Tolerance));
                }
            }
        }

        Console.WriteLine(hasPassed ? "PASSED" : "FAILED: memory grows");
        return Task.FromResult(hasPassed ? 0 : 1);
    }

    private static long AnonymousBytes()
    {
        GC.Collect();
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture);
    }
}
