using Mlp.Runtime.Models;
using Mlp.TestSupport;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Checkpoints;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Networks.Checkpoints;

public sealed class ResumeTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, Action<NetworkOptions>> Variants => new()
    {
        { "defaults", _ => { } },
        { "average and plateau", o => (o.AverageDecay, o.Schedule.Kind, o.Schedule.Patience, o.LearningRate) = (0.9, ScheduleKind.ReduceOnPlateau, 0, 0.05) },
        { "sgd, one cycle, accumulation", o => (o.Optimizer.Kind, o.Optimizer.Nesterov, o.Schedule.Kind, o.Optimizer.AccumulationSteps, o.Optimizer.ClipNorm) = (OptimizerKind.Sgd, true, ScheduleKind.OneCycle, 3, 1) },
        { "float16", o => o.Precision = NetworkPrecision.Float16 },
        { "stream", o => (o.Stream.IsEnabled, o.Stream.BufferRows, o.Stream.SampleRows) = (true, 90, 150) },
        { "ids", o => o.Preprocessing.For("company").Category = CategoryKind.Id },
        { "ids from a stream", o => (o.Preprocessing.For("company").Category, o.Stream.IsEnabled, o.Stream.BufferRows) = (CategoryKind.Id, true, 90) },
        { "without validation", o => (o.ValidationShare, o.AverageDecay) = (0, 0.99) },
    };

    [Theory]
    [MemberData(nameof(Variants))]
    public async Task FitAsync_StoppedAtAnyStep_EndsWithTheSameWeightsAndHistory(string name, Action<NetworkOptions> change)
    {
        var rows = SyntheticRows.Create(400, seed: 5);
        var batch = await SyntheticRows.BatchOf(rows);
        using var whole = await new NetworkTrainer(Options(change)).FitAsync(rows);
        for (var round = 1; round <= 4; round++)
        {
            var folder = _folder.Combine($"{round}");
            var options = Options(change);
            (options.Checkpoints.Directory, options.Checkpoints.EverySteps, options.ResumeFrom) = (folder, 2, folder);
            Directory.CreateDirectory(folder);
            options.Callbacks.Add(new FailAt((round * 2) - 1));
            await Assert.ThrowsAsync<InvalidTimeZoneException>(() => new NetworkTrainer(options).FitAsync(rows));
            options.Callbacks.Clear();

            using var resumed = await new NetworkTrainer(options).FitAsync(rows);

            Assert.True(whole.Predict(batch).AsSpan().SequenceEqual(resumed.Predict(batch)), $"{name}, round {round}");
            Assert.Equal(whole.History.Select(h => h with { Elapsed = default }), resumed.History.Select(h => h with { Elapsed = default }));
            Assert.Equal((whole.Steps, whole.BestEpoch), (resumed.Steps, resumed.BestEpoch));
        }
    }

    [Fact]
    public async Task ResumeAsync_FinishedTraining_TrainsNoMore()
    {
        var rows = SyntheticRows.Create(400, seed: 5);
        var options = Options(o => o.Checkpoints.Directory = _folder.Combine("done"));
        using var first = await new NetworkTrainer(options).FitAsync(rows);
        options.Callbacks.Add(new FailAt(0));

        using var again = await new NetworkTrainer(options).ResumeAsync(rows, _folder.Combine("done"));

        var batch = await SyntheticRows.BatchOf(rows);
        Assert.Equal(first.Predict(batch), again.Predict(batch));
    }

    [Fact]
    public async Task ResumeAsync_OtherSettingsOrRows_NamesTheDifference()
    {
        var (rows, folder) = (SyntheticRows.Create(400, seed: 5), _folder.Combine("own"));
        (await new NetworkTrainer(Options(o => o.Checkpoints.Directory = folder)).FitAsync(rows)).Dispose();
        var path = Directory.GetFiles(folder, "*.mlpnet").Order().Last();

        var settings = await RefusedAsync(new NetworkTrainer(Options(o => o.LearningRate = 0.5)), SyntheticRows.Create(400, seed: 5));
        var data = await RefusedAsync(new NetworkTrainer(Options(_ => { })), SyntheticRows.Create(400, seed: 6));

        Assert.Equal($"Expected a checkpoint of the same training in '{path}', but LearningRate is 0.5 and the checkpoint's 0.005.", settings);
        Assert.StartsWith($"Expected a checkpoint of the same training in '{path}', but the training rows have the hash ", data, StringComparison.Ordinal);

        async Task<string> RefusedAsync(NetworkTrainer trainer, Mlp.Runtime.Data.ITrainingSet set)
            => (await Assert.ThrowsAsync<CheckpointRefusedException>(() => trainer.ResumeAsync(set, path))).Message;
    }

    [Fact]
    public async Task FitAsync_FolderOfAnotherTraining_IsRefused()
    {
        var (rows, folder) = (SyntheticRows.Create(400, seed: 5), _folder.Combine("taken"));
        var trainer = new NetworkTrainer(Options(o => o.Checkpoints.Directory = folder));
        (await trainer.FitAsync(rows)).Dispose();

        var error = await Assert.ThrowsAsync<CheckpointRefusedException>(() => trainer.FitAsync(rows));

        Assert.StartsWith($"Expected no checkpoints of another training in '{folder}', but found that of step ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FitAsync_ResumedIntoTheFolderOfAnotherTraining_IsRefusedAndDeletesNothing()
    {
        var (own, other) = (_folder.Combine("a"), _folder.Combine("b"));
        var rows = SyntheticRows.Create(400, seed: 5);
        var theirs = Options(o => (o.Seed, o.Checkpoints.Directory, o.Checkpoints.KeepLast, o.Checkpoints.KeepBest) = (1, other, 5, 0));
        (await new NetworkTrainer(theirs).FitAsync(rows)).Dispose();
        var before = Directory.GetFiles(other).Order().ToArray();
        (await new NetworkTrainer(Options(o => o.Checkpoints.Directory = own)).FitAsync(rows)).Dispose();

        var error = await Assert.ThrowsAsync<CheckpointRefusedException>(() => new NetworkTrainer(Options(o => (o.Checkpoints.Directory, o.ResumeFrom) = (other, own))).FitAsync(rows));

        Assert.StartsWith($"Expected no checkpoints of another training in '{other}', but found that of step ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("and Seed is 7 and the checkpoint's 1: choose another folder.", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFiles(other).Order());
    }

    [Fact]
    public async Task FitAsync_InitialWeightsAreGone_GoesOnFromACheckpointAllTheSame()
    {
        var (folder, weights, rows) = (_folder.Combine("own"), _folder.Combine("first.safetensors"), SyntheticRows.Create(400, seed: 5));
        using (var network = await new NetworkTrainer(Options(_ => { })).FitAsync(rows))
        {
            network.SaveWeights(weights);
        }

        var options = Options(o => (o.InitialWeights, o.Checkpoints.Directory) = (weights, folder));
        (await new NetworkTrainer(options).FitAsync(rows)).Dispose();
        File.Delete(weights);

        (await new NetworkTrainer(options).ResumeAsync(rows, folder)).Dispose();
    }

    [Fact]
    public async Task ResumeAsync_NothingThere_SaysSo()
    {
        var path = _folder.Combine("nowhere");

        var error = await Assert.ThrowsAsync<CheckpointRefusedException>(() => new NetworkTrainer(Options(_ => { })).ResumeAsync(SyntheticRows.Create(400, seed: 5), path));

        Assert.Equal($"Expected a checkpoint or a folder of them at '{path}', but there is nothing.", error.Message);
    }

    [Fact]
    public async Task ResumeAsync_NewestIsDamaged_TakesTheOneBefore()
    {
        var (rows, folder) = (SyntheticRows.Create(400, seed: 5), _folder.Combine("damaged"));
        var options = Options(o => (o.Checkpoints.Directory, o.Checkpoints.KeepLast) = (folder, 3));
        using var whole = await new NetworkTrainer(options).FitAsync(rows);
        var newest = Directory.GetFiles(folder, "*.mlpnet").Order().Last();
        var bytes = await File.ReadAllBytesAsync(newest);
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(newest, bytes);

        using var resumed = await new NetworkTrainer(options).ResumeAsync(rows, folder);

        var batch = await SyntheticRows.BatchOf(rows);
        Assert.Equal(whole.Predict(batch), resumed.Predict(batch));
    }

    [Fact]
    public async Task FitAsync_KeepLastAndBest_KeepsThose()
    {
        var folder = _folder.Combine("kept");
        var options = Options(o => (o.Checkpoints.Directory, o.Checkpoints.KeepLast, o.Checkpoints.KeepBest, o.LearningRate) = (folder, 2, 2, 0.1));
        (options.MaxEpochs, options.EarlyStoppingPatience) = (8, 8);
        using var network = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(400, seed: 5));

        var perEpoch = network.Steps / 8;
        var best = network.History.OrderBy(h => h.ValidationLoss).ThenBy(h => h.Epoch).Take(2).Select(h => h.Epoch * perEpoch);
        var expected = best.Concat([7 * perEpoch, 8 * perEpoch]).Distinct().Order().Select(s => $"step-{s:D12}.mlpnet");
        Assert.Equal(expected, Directory.GetFiles(folder, "*.mlpnet").Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task FitAsync_EveryThreeOfFourEpochs_KeepsTheEndToo()
    {
        var folder = _folder.Combine("every");
        var options = Options(o => (o.Checkpoints.Directory, o.Checkpoints.EveryEpochs, o.Checkpoints.KeepLast, o.EarlyStoppingPatience) = (folder, 3, 9, 9));

        using var network = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(400, seed: 5));

        var perEpoch = network.Steps / 4;
        Assert.Equal(new[] { 3 * perEpoch, 4 * perEpoch }.Select(s => $"step-{s:D12}.mlpnet"), Directory.GetFiles(folder, "*.mlpnet").Select(Path.GetFileName).Order());
    }

    [SmallDiskFact]
    public async Task FitAsync_DiskIsFull_EndsWithASentenceAndKeepsTheLastCheckpoint()
    {
        using var disk = new SmallDisk(4);
        var rows = SyntheticRows.Create(400, seed: 5);
        var folder = Path.Combine(disk.Root, "run");
        var options = Options(o => (o.Checkpoints.Directory, o.Checkpoints.EverySteps, o.ResumeFrom) = (folder, 1, folder));
        Directory.CreateDirectory(folder);
        using var whole = await new NetworkTrainer(Options(_ => { })).FitAsync(rows);
        options.Callbacks.Add(new FillAt(5, disk));

        var error = await Assert.ThrowsAsync<CheckpointRefusedException>(() => new NetworkTrainer(options).FitAsync(rows));

        Assert.StartsWith($"Expected to write the checkpoint of step 5 into '{folder}', but the disk refused: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(" That of step 4 is whole; training can go on from it.", error.Message, StringComparison.Ordinal);
        disk.Free();
        options.Callbacks.Clear();
        using var resumed = await new NetworkTrainer(options).FitAsync(rows);
        var batch = await SyntheticRows.BatchOf(rows);
        Assert.Equal(whole.Predict(batch), resumed.Predict(batch));
    }

    private static NetworkOptions Options(Action<NetworkOptions> change)
    {
        var options = new NetworkOptions { HiddenLayers = [16, 8], BatchSize = 64, MaxEpochs = 4, Seed = 7, LearningRate = 0.005, Dropout = 0.2 };
        change(options);
        return options;
    }

    private sealed class FailAt(long step) : INetworkCallback
    {
        public void StepEnded(in NetworkStep at, NetworkTrainingControl control)
        {
            if (at.Step >= step)
            {
                throw new InvalidTimeZoneException();
            }
        }
    }

    private sealed class FillAt(long step, SmallDisk disk) : INetworkCallback
    {
        public void StepEnded(in NetworkStep at, NetworkTrainingControl control)
        {
            if (at.Step == step)
            {
                disk.Fill();
            }
        }
    }
}
