using System.Globalization;
using System.Security.Cryptography;
using Mlp.Training.Networks;

namespace Mlp.TrainingChild;

/// <summary>
/// "FOLDER EVERY [stream] [sgd] [bfloat16]": trains a network, as asked, and goes on from the folder's newest checkpoint, where there is one. Prints "step N" after each step, and at the end "weights HASH" over the file
/// of its weights. "memory STEPS EVERY": trains that many steps and prints the anonymous memory of the process, "N KIBIBYTES", every so often. "run DIRECTORY EXPERIMENT [KILLED]": writes a run without end (<see cref="TrackedRun"/>). "search DIRECTORY": searches, and goes on where a search was killed (<see cref="TrackedSearch"/>). "launch RANKS": is the launcher of ranks that wait (<see cref="LauncherRun"/>). "timeline PATH": trains with a timeline (<see cref="TimelineRun"/>). "rank MODE ...": is one rank of a group (<see cref="RankRun"/>). "elastic ...": is one member of an elastic group (<see cref="ElasticRun"/>). "round ..." is one rank of a round with a fault (<see cref="FaultRound"/>). "repeat": runs one line of its input after the other (<see cref="RepeatedRuns"/>). "program TYPE ...": calls RunAsync of a type of the tests. libtorch lives in a child of its own, so that the other crash tests need not carry it.
/// </summary>
internal static class Program
{
    private static async Task Main(string[] arguments)
    {
        using var output = Console.OpenStandardOutput();
        void Print(string line) => output.Write(System.Text.Encoding.UTF8.GetBytes(line + '\n'));
        await (arguments is ["repeat"] ? RepeatedRuns.RunAsync(a => RunAsync(a, Print), Print) : RunAsync(arguments, Print));
    }

    private static async Task RunAsync(string[] arguments, Action<string> print)
    {
        if (arguments is ["memory", var steps, var interval])
        {
            await MemoryRun.RunAsync(int.Parse(steps, CultureInfo.InvariantCulture), int.Parse(interval, CultureInfo.InvariantCulture), print);
            return;
        }

        if (arguments is ["launch", var ranks])
        {
            await LauncherRun.RunAsync(int.Parse(ranks, CultureInfo.InvariantCulture));
            return;
        }

        if (arguments is ["timeline", var path])
        {
            await TimelineRun.RunAsync(path, print);
            return;
        }

        if (arguments is ["rank", var mode, .. var how])
        {
            await RankRun.RunAsync(mode, how, print);
            return;
        }

        if (arguments is ["round", .. var round])
        {
            await FaultRound.RunAsync(round, print);
            return;
        }

        if (arguments is ["program", var type, .. var given])
        {
            await (Task)Type.GetType(type, throwOnError: true)!.GetMethod("RunAsync")!.Invoke(null, [given, print])!;
            return;
        }

        if (arguments is ["elastic", .. var faults])
        {
            await ElasticRun.RunAsync(faults, print);
            return;
        }

        if (arguments is ["search", var searchDirectory])
        {
            await TrackedSearch.RunAsync(searchDirectory, print);
            return;
        }

        if (arguments is ["run", var directory, var experiment, .. var killed])
        {
            await TrackedRun.WriteAsync(directory, experiment, killed.FirstOrDefault(), print);
            return;
        }

        var rows = ChildRows.Create(600);
        using var network = await new NetworkTrainer(Options(arguments[0], int.Parse(arguments[1], CultureInfo.InvariantCulture), new StepPrinter(print), arguments[2..])).FitAsync(rows);

        var weights = arguments[0] + ".safetensors";
        network.SaveWeights(weights, overwrite: true);
        print($"weights {Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(weights)))}");
    }

    private static NetworkOptions Options(string folder, int every, INetworkCallback callback, string[] how)
    {
        Directory.CreateDirectory(folder);
        var options = new NetworkOptions
        {
            HiddenLayers = [24, 12],
            BatchSize = 32,
            MaxEpochs = 6,
            EarlyStoppingPatience = 6,
            Dropout = 0.2,
            Seed = 5,
            AverageDecay = 0.95,
            LearningRate = 0.01,
            ResumeFrom = folder,
        };
        (options.Stream.IsEnabled, options.Stream.BufferRows, options.Stream.SampleRows) = (how.Contains("stream"), 100, 300);
        options.Optimizer.Kind = how.Contains("sgd") ? OptimizerKind.Sgd : OptimizerKind.AdamW;
        options.Precision = how.Contains("bfloat16") ? NetworkPrecision.BFloat16 : NetworkPrecision.Float32;
        options.Schedule.Kind = ScheduleKind.ReduceOnPlateau;
        options.Schedule.Patience = 0;
        (options.Checkpoints.Directory, options.Checkpoints.EverySteps) = (folder, every);
        options.Callbacks.Add(callback);
        return options;
    }

    private sealed class StepPrinter(Action<string> print) : INetworkCallback
    {
        public void StepEnded(in NetworkStep step, NetworkTrainingControl control) => print(string.Create(CultureInfo.InvariantCulture, $"step {step.Step}"));
    }
}
