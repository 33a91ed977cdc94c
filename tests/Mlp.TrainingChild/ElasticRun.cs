using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Elastic;
using Mlp.Training.Networks;

namespace Mlp.TrainingChild;

/// <summary>
/// One member of an elastic group, started by a launcher: trains, and prints "began GENERATION WORLD", "changed GENERATION WORLD STEP SENTENCE" and at the end "done HASH LOSS" or "ended KIND SENTENCE". Words: "kill@STEP", "stop@STEP" and
/// "slow@STEP" happen to this process, "hold3@STEP" waits until there are three members, or newcomers who wait, "wait@STEP" until a line is given to it; "minimum=N", "maximum=N", "replacement=SECONDS", "rejoin", "seed=N", "epochs=N", "heartbeat=SECONDS".
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
        options.Callbacks.Add(new Faults(words, member, print));
        try
        {
            using var network = await new NetworkTrainer(options).FitAsync(ChildRows.Create(600));
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

    private sealed class Faults(string[] words, ElasticGroup member, Action<string> print) : INetworkCallback
    {
        private static readonly TimeSpan SlowStep = TimeSpan.FromMilliseconds(30);
        private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(2);

        private readonly List<(string What, long Step)> _faults = [.. words.Select(w => w.Split('@')).Where(w => w.Length == 2).Select(w => (w[0], long.Parse(w[1], CultureInfo.InvariantCulture)))];
        private bool _hasBegun;

        public void EpochBegun(int epoch, NetworkTrainingControl control)
        {
            if (!_hasBegun)
            {
                _hasBegun = true;
                print(string.Create(CultureInfo.InvariantCulture, $"began {member.Generation} {member.Group!.WorldSize}"));
            }
        }

        public void ReplicasChanged(ElasticChange change, long step)
            => print(string.Create(CultureInfo.InvariantCulture, $"changed {change.Generation} {change.WorldSize} {step} {change}"));

        public void StepEnded(in NetworkStep step, NetworkTrainingControl control)
        {
            var at = step.Step;
            foreach (var (what, _) in _faults.Where(f => f.Step == at || (f.What == "slow" && at > f.Step && at < f.Step + 20)).ToList())
            {
                Happen(what, at);
            }
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
                    using (var kill = Process.Start("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -STOP {Environment.ProcessId}")]))
                    {
                        kill.WaitForExit();
                    }

                    break;
            }
        }
    }
}
