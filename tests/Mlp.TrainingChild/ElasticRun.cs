using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Elastic;
using Mlp.Training.Networks;
using Mlp.TrainingChild.Interop;

namespace Mlp.TrainingChild;

/// <summary>
/// One member of an elastic group, started by a launcher: trains, and prints "began GENERATION WORLD", "changed GENERATION WORLD STEP SENTENCE", "interrupted MILLISECONDS" (since the step before) and at the end "done HASH LOSS" or "ended KIND SENTENCE". Words: "kill@STEP", "stop@STEP" and
/// "slow@STEP" happen to this process, "hold3@STEP" waits until there are three members, or newcomers who wait, "wait@STEP" until a line is given to it; "pauseMILLISECONDS@STEP" stops it for a while; "steady=STEPS" trains for so many steps (<see cref="Steady"/>); "minimum=N", "maximum=N", "replacement=SECONDS", "rejoin", "seed=N", "epochs=N", "heartbeat=SECONDS".
/// </summary>
internal static class ElasticRun
{
    private const int EndedCode = 4;

    public static async Task RunAsync(string[] words, Action<string> print)
    {
        var settings = words.Select(w => w.Split('=')).Where(w => w.Length == 2).ToDictionary(w => w[0], w => int.Parse(w[1], CultureInfo.InvariantCulture));
        await using var member = new ElasticGroup(GroupOptions(settings, words.Contains("rejoin")));
        var options = new NetworkOptions
        {
            HiddenLayers = [16],
            BatchSize = 8,
            MaxEpochs = settings.GetValueOrDefault("epochs", 6),
            EarlyStoppingPatience = settings.GetValueOrDefault("epochs", 6),
            Seed = settings.GetValueOrDefault("seed", 5),
            LearningRate = 0.01,
            Threads = 1,
        };
        (options.DataParallel.Elastic.Group, options.DataParallel.Elastic.SnapshotEverySteps) = (member, 5);
        if (settings.TryGetValue("steady", out var steps))
        {
            Steady(options);
        }

        options.Callbacks.Add(new Faults(words, member, steps, print));
        try
        {
            using var network = await new NetworkTrainer(options).FitAsync(ChildRows.Create(settings.ContainsKey("steady") ? 1200 : 600));
            var file = Path.Combine(Path.GetTempPath(), $"mlp-elastic-{Guid.NewGuid():N}");
            network.SaveWeights(file);
            var hash = Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(file)));
            File.Delete(file);
            print(string.Create(CultureInfo.InvariantCulture, $"done {hash[..16]} {network.History[^1].ValidationLoss:R}"));
        }
        catch (ElasticGroupException exception)
        {
            print($"ended {exception.Failure} {exception.Message}");
            Environment.ExitCode = EndedCode;
        }
    }

    // Each step makes the loss smaller by about the same, whatever rows it has, and needs those before it for that: the weights, and the momentum of some hundred steps.
    private static void Steady(NetworkOptions options)
    {
        (options.BatchNorm, options.Dropout, options.BatchSize, options.MaxEpochs, options.EarlyStoppingPatience) = (false, 0, 60, 1000, 1000);
        (options.Optimizer.Kind, options.Optimizer.Momentum, options.LearningRate) = (OptimizerKind.Sgd, 0.98, 0.002);
    }

    private static ElasticGroupOptions GroupOptions(Dictionary<string, int> settings, bool rejoins)
    {
        var options = new ElasticGroupOptions
        {
            MinimumMembers = settings.GetValueOrDefault("minimum", 1),
            MaximumMembers = settings.GetValueOrDefault("maximum", 100),
            WaitForReplacement = TimeSpan.FromSeconds(settings.GetValueOrDefault("replacement", 0)),
            WaitForMinimum = TimeSpan.FromSeconds(2),
            RejoinsWhenGivenUp = rejoins,
            Group = new ProcessGroupOptions { Deterministic = true, Timeout = TimeSpan.FromMinutes(3) },
        };
        (options.Group.Rendezvous.HeartbeatInterval, options.Group.Rendezvous.HeartbeatTimeout) = (TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(settings.GetValueOrDefault("heartbeat", 60)));
        options.Group.Transport.UseSharedMemory = Environment.GetEnvironmentVariable("MLP_CHILD_SOCKETS") is null;
        return options;
    }

    private sealed class Faults(string[] words, ElasticGroup member, int lastStep, Action<string> print) : INetworkCallback
    {
        private static readonly TimeSpan SlowStep = TimeSpan.FromMilliseconds(30);
        private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(2);

        private readonly List<(string What, long Step)> _faults = [.. words.Select(w => w.Split('@')).Where(w => w.Length == 2).Select(w => (w[0], long.Parse(w[1], CultureInfo.InvariantCulture)))];
        private bool _hasBegun;
        private long _stepEnded;

        public void EpochBegun(int epoch, NetworkTrainingControl control)
        {
            if (!_hasBegun)
            {
                _hasBegun = true;
                print(string.Create(CultureInfo.InvariantCulture, $"began {member.Generation} {member.Group!.WorldSize}"));
            }
        }

        public void ReplicasChanged(ElasticChange change, long step)
        {
            print(string.Create(CultureInfo.InvariantCulture, $"changed {change.Generation} {change.WorldSize} {step} {change}"));
            print(string.Create(CultureInfo.InvariantCulture, $"interrupted {Stopwatch.GetElapsedTime(_stepEnded).TotalMilliseconds:F0}"));
        }

        public void StepEnded(in NetworkStep step, NetworkTrainingControl control)
        {
            var at = step.Step;
            foreach (var (what, _) in _faults.Where(f => f.Step == at || (f.What == "slow" && at > f.Step && at < f.Step + 20)).ToList())
            {
                Happen(what, at);
            }

            if (at == lastStep)
            {
                control.Stop();
            }

            _stepEnded = Stopwatch.GetTimestamp();
        }

        private void Happen(string what, long step)
        {
            switch (what)
            {
                case "kill":
                    Process.GetCurrentProcess().Kill();
                    break;
                case "slow":
                    Thread.Sleep(SlowStep);
                    break;
                case ['h', 'o', 'l', 'd', var size]:
                    SpinWait.SpinUntil(() => member.HasNewcomers || member.Group!.WorldSize >= size - '0', LongestHold);
                    break;
                case "wait":
                    Console.ReadLine();
                    break;
                case "stop" when _faults.Remove((what, step)):
                    Signals.StopThisProcess();
                    break;
                case ['p', 'a', 'u', 's', 'e', .. var milliseconds]:
                    Signals.WakeThisProcess(TimeSpan.FromMilliseconds(int.Parse(milliseconds, CultureInfo.InvariantCulture)));
                    Signals.StopThisProcess();
                    break;
            }
        }
    }
}
