using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Checkpoints;

namespace Mlp.Training.Tests.Networks.Checkpoints;

public sealed class CheckpointFolderTests : IDisposable
{
    private static readonly CheckpointIdentity Mine = new("mine", null, new(StringComparer.Ordinal) { ["Seed"] = "1" });

    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true, new long[] { 2, 4 })]
    [InlineData(false, new long[] { 1, 4 })]
    public void Save_KeepBest_KeepsTheBestInTheMetricsDirection(bool isGreaterBetter, long[] expected)
    {
        using (var folder = Open(isGreaterBetter))
        {
            foreach (var (step, metric) in new[] { (1, 0.5), (2, 0.9), (3, 0.7), (4, 0.6) })
            {
                folder.Save(Checkpoint(step, Mine, metric));
            }
        }

        Assert.Equal(expected, Steps());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Save_MetricThatIsNone_IsNotAmongTheBest(bool isGreaterBetter)
    {
        using (var folder = Open(isGreaterBetter))
        {
            foreach (var (step, metric) in new[] { (1, double.NaN), (2, 0.9), (3, double.NaN) })
            {
                folder.Save(Checkpoint(step, Mine, metric));
            }
        }

        Assert.Equal([2, 3], Steps());
    }

    [Fact]
    public void Save_SameStepAgain_TakesThePlaceOfTheFirst()
    {
        using (var folder = new CheckpointFolder(DiskSync.Instance, new CheckpointOptions { Directory = _folder.FullName, KeepBest = 0 }, isGreaterBetter: false))
        {
            folder.Save(Checkpoint(5, Mine, null));
            folder.Save(Checkpoint(5, Mine, 0.5));
        }

        Assert.Equal([5], Steps());
        Assert.Equal(0.5, CheckpointFolder.Find(_folder.FullName, NullLogger.Instance)!.Value.Checkpoint.Metric);
    }

    [Fact]
    public void Constructor_SomebodyTrainsThere_IsRefused()
    {
        using (Open())
        {
            var error = Assert.Throws<CheckpointRefusedException>(() => Open());

            Assert.Equal($"Expected a folder for the checkpoints of one training at '{_folder.FullName}', but another training writes there now: choose another folder.", error.Message);
        }

        Open().Dispose();
    }

    [Fact]
    public void TakeOver_CheckpointsOfAnotherTraining_IsRefusedAndTheyStay()
    {
        using (var folder = Open())
        {
            folder.Save(Checkpoint(20, Mine with { DataHash = "theirs" }, 0.5));
        }

        using (var folder = Open())
        {
            var error = Assert.Throws<CheckpointRefusedException>(() => folder.TakeOver(Mine, isNew: false));

            Assert.Equal(
                $"Expected no checkpoints of another training in '{_folder.FullName}', but found that of step 20, and the training rows have the hash mine and the checkpoint's theirs: choose another folder.",
                error.Message);
        }

        Assert.Equal([20], Steps());
    }

    [Fact]
    public void Save_ForeignAndDamagedFiles_StayWhereTheyAre()
    {
        File.WriteAllText(_folder.Combine("step-000000000003.mlpnet"), "no checkpoint");
        File.WriteAllText(_folder.Combine(".tmp-of-somebody-else"), "unfinished");
        File.WriteAllText(_folder.Combine(".tmp-step-000000000009.mlpnet"), "unfinished by a training that was killed");
        using (var folder = Open())
        {
            folder.TakeOver(Mine, isNew: false);
            folder.Save(Checkpoint(5, Mine, null));
            folder.Save(Checkpoint(6, Mine, null));
        }

        Assert.Equal(
            [".tmp-of-somebody-else", CheckpointFolder.LockName, "step-000000000003.mlpnet", "step-000000000006.mlpnet"],
            Directory.GetFiles(_folder.FullName).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void TakeOver_OwnCheckpoints_AreCountedAndGiveWay()
    {
        using (var folder = Open())
        {
            folder.Save(Checkpoint(1, Mine, 0.3));
            folder.Save(Checkpoint(2, Mine, 0.4));
        }

        using (var folder = Open())
        {
            folder.TakeOver(Mine, isNew: false);
            folder.Save(Checkpoint(3, Mine, 0.2));
        }

        Assert.Equal([3], Steps());
        Assert.Equal(3, CheckpointFolder.Find(_folder.FullName, NullLogger.Instance)!.Value.Checkpoint.Position.Step);
    }

    private CheckpointFolder Open(bool isGreaterBetter = false) => new(DiskSync.Instance, new CheckpointOptions { Directory = _folder.FullName }, isGreaterBetter);

    private IEnumerable<long> Steps() => Directory.GetFiles(_folder.FullName, "*.mlpnet").Select(f => long.Parse(Path.GetFileNameWithoutExtension(f)[5..], System.Globalization.CultureInfo.InvariantCulture)).Order();

    private static NetworkCheckpoint Checkpoint(long step, CheckpointIdentity identity, double? metric)
        => new(identity, new TrainingPosition { Step = step }, metric, new Dictionary<string, ReadOnlyMemory<byte>> { ["weights"] = new byte[] { 1, 2, 3 } });
}
