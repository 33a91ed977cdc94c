using System.Globalization;
using Mlp.Training.Networks;

namespace Mlp.TrainingChild;

/// <summary>Trains for many steps and reads the memory of the process meanwhile. Linux only.</summary>
internal static class MemoryRun
{
    /// <summary>Runs.</summary>
    /// <param name="steps">Steps of 32 rows.</param>
    /// <param name="every">Steps between readings.</param>
    /// <param name="print">Told of each reading.</param>
    public static async Task RunAsync(int steps, int every, Action<string> print)
    {
        var options = new NetworkOptions { HiddenLayers = [64, 64], BatchSize = 32, MaxEpochs = 100_000, ValidationShare = 0 };
        options.Callbacks.Add(new Reader(steps, every, print));
        (await new NetworkTrainer(options).FitAsync(ChildRows.Create(600))).Dispose();
    }

    private sealed class Reader(int steps, int every, Action<string> print) : INetworkCallback
    {
        public void StepEnded(in NetworkStep step, NetworkTrainingControl control)
        {
            if (step.Step % every == 0)
            {
                GC.Collect();
                var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("RssAnon:", StringComparison.Ordinal));
                print(string.Create(CultureInfo.InvariantCulture, $"{step.Step} {line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2]}"));
            }

            if (step.Step == steps)
            {
                control.Stop();
            }
        }
    }
}
