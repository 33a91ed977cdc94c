using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.TestSupport;
using Mlp.TestSupport.Interop;
using Mlp.Training;
using Mlp.Training.Interop;
using Mlp.Training.Networks;
using TorchSharp;

namespace Mlp.Integration.Tests.Training;

/// <summary>Training and inference in one process: neither library may bring threads that nobody asked for, nor threads that spin while they wait.</summary>
public sealed class TrainingBesideInferenceTests
{
    private const int Threads = 2;
    private const int Models = 10;
    private const int Rows = 2_000;

    [LinuxFact]
    public async Task Fit_BesideCalls_KeepsThreadCountsAndWaitPolicy()
    {
        using var temp = new TempDirectory();
        await using var ml = MlPlatform.CreateBuilder().UseDataDirectory(temp.FullName).AddModels("tenant-*", o => o.PoolSize = 4).Build();
        await ml.StartAsync();
        for (var i = 0; i < Models; i++)
        {
            var manifest = await ml.Registry.PublishAsync(Name(i), Package());
            await ml.Registry.SetAliasAsync(Name(i), "champion", manifest.Version, 0);
        }

        Torch.EnsureLoaded();
        var epochs = new List<(int Torch, bool IsOpenMpPassive)>();
        var calls = new Calls(ml);
        var trainer = new NetworkTrainer(new NetworkOptions { HiddenLayers = [64, 32], BatchSize = 64, MaxEpochs = 6, EarlyStoppingPatience = 6, Seed = 7, Threads = Threads });
        var (threadsBefore, threadsAfter) = await CountOnOneThreadAsync(() => trainer.FitAsync(CreateRows(), progress: new Listener(() =>
        {
            // On the trainer's thread.
            epochs.Add((torch.get_num_threads(), NativeVariables.Get("OMP_WAIT_POLICY") is "passive" or "PASSIVE"));
            calls.CallAll();
        })));

        Assert.All(epochs, e => Assert.Equal((Threads, true), e));
        Assert.Equal(6, epochs.Count);
        Assert.Equal(threadsBefore, threadsAfter);
        Assert.Equal(6 * Models, calls.Count);
    }

    [LinuxFact]
    public async Task Load_ManyModels_AddsNoThreads()
    {
        using var temp = new TempDirectory();
        await using var ml = MlPlatform.CreateBuilder().UseDataDirectory(temp.FullName).AddModels("tenant-*", o => o.PoolSize = 4).Build();
        await ml.StartAsync();
        var manifest = await ml.Registry.PublishAsync(Name(0), Package());
        await ml.Registry.SetAliasAsync(Name(0), "champion", manifest.Version, 0);
        var model = ml.GetModel(Name(0));
        model.Predict([1]);

        // A session with a pool would keep a thread per processor for its life. Threads of .NET come and go, so the fewest of some rounds is what counts.
        var least = int.MaxValue;
        for (var round = 0; round < 5 && least >= Models; round++)
        {
            var before = ThreadCount();
            for (var version = 0; version < Models; version++)
            {
                var next = await ml.Registry.PublishAsync(Name((round * Models) + version + 1), Package());
                await ml.Registry.SetAliasAsync(next.Name, "champion", 1, 0);
                Assert.Equal(21, ml.GetModel(next.Name).Predict([7]).Score);
            }

            least = Math.Min(least, ThreadCount() - before);
        }

        Assert.InRange(least, int.MinValue, Models - 1);
    }

    /// <summary>The number of PyTorch's threads before and after a training. Each thread has its own, so one thread asks and waits.</summary>
    private static Task<(int Before, int After)> CountOnOneThreadAsync(Func<Task<TrainedNetwork>> fit) => Task.Factory.StartNew(
        () =>
        {
            var before = torch.get_num_threads();
            using var network = fit().GetAwaiter().GetResult();
            return (before, torch.get_num_threads());
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private static int ThreadCount() => Directory.GetDirectories("/proc/self/task").Length;

    /// <summary>Answers x by 3 x.</summary>
    private static ModelPackage Package() => new()
    {
        Onnx = OnnxBytes.Linear(inputs: 1, outputs: 1, weight: 3),
        Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" },
    };

    private static string Name(int model) => FormattableString.Invariant($"tenant-{model}");

    private static ArrowTrainingSet CreateRows()
    {
        var random = new Random(3);
        float[] x = [.. Enumerable.Range(0, Rows).Select(_ => random.NextSingle())];
        var batch = new RecordBatch.Builder()
            .Append("x", false, new FloatArray.Builder().AppendRange(x).Build())
            .Append("label", false, new FloatArray.Builder().AppendRange(x.Select(v => v > 0.5f ? 1f : 0f)).Build())
            .Append("time", false, new Int64Array.Builder().AppendRange(Enumerable.Range(0, Rows).Select(i => (long)i)).Build())
            .Build();
        return new ArrowTrainingSet([batch], [new FeatureColumn("x", FeatureType.Float32, "view")], "label", "time");
    }

    private sealed class Calls(MlPlatform platform)
    {
        public int Count { get; private set; }

        public void CallAll()
        {
            for (var i = 0; i < Models; i++)
            {
                Assert.Equal(21, platform.GetModel(Name(i)).Predict([7]).Score);
                Count++;
            }
        }
    }

    private sealed class Listener(Action told) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => told();
    }
}
