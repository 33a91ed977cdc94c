using System.Globalization;
using Mlp.Training.Networks;

namespace Mlp.TrainingChild;

/// <summary>Trains two replicas with a timeline, without end, and prints "step N" after each step.</summary>
internal static class TimelineRun
{
    /// <summary>Runs.</summary>
    /// <param name="path">The file of the timeline.</param>
    /// <param name="print">Told of each step.</param>
    public static async Task RunAsync(string path, Action<string> print)
    {
        var options = new NetworkOptions { HiddenLayers = [64, 64], BatchSize = 32, MaxEpochs = 100_000, ValidationShare = 0 };
        options.DataParallel.Replicas = 2;
        (options.DataParallel.Timeline.Path, options.DataParallel.Timeline.Steps) = (path, 1_000_000);
        options.Callbacks.Add(new Printer(print));
        (await new NetworkTrainer(options).FitAsync(ChildRows.Create(600))).Dispose();
    }

    private sealed class Printer(Action<string> print) : INetworkCallback
    {
        public void StepEnded(in NetworkStep step, NetworkTrainingControl control) => print(string.Create(CultureInfo.InvariantCulture, $"step {step.Step}"));
    }
}
