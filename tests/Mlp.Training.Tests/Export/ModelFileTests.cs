using Mlp.Runtime.Models;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Export;
using Mlp.Training.Networks;
using Mlp.Training.Tests.Networks;

namespace Mlp.Training.Tests.Export;

public sealed class ModelFileTests
{
    private const int FullDisk = 28;

    [Fact]
    public async Task SaveAsync_OneFile_IsTheModel()
    {
        using var directory = new TempDirectory();
        var model = await ModelAsync();

        await model.SaveAsync(directory.Combine("m.onnx"));

        Assert.Equal(model.Onnx.ToArray(), (await TrainedModel.LoadAsync(directory.Combine("m.onnx"))).Onnx.ToArray());
        Assert.Equal(["m.onnx"], Names(directory.FullName));
    }

    [Fact]
    public async Task SaveAsync_ExternalData_IsPublishedCheckedAndAnswersAlike()
    {
        using var directory = new TempDirectory();
        using var registry = new TestRegistry();
        var model = await ModelAsync();
        var path = directory.Combine("m.onnx");

        await model.SaveAsync(path, new ModelFileOptions { ExternalDataThreshold = 4096 });

        var names = Names(directory.FullName);
        Assert.Equal(2, names.Length);
        Assert.EndsWith(".weights", names[0], StringComparison.Ordinal);
        Assert.True(new FileInfo(path).Length < model.Onnx.Length - (256 * 64 * sizeof(float)));
        var package = model.ToPackage() with { Onnx = ModelPackage.FromFile(path).Onnx, ExternalDataDirectory = directory.FullName };
        var manifest = await registry.Registry.PublishAsync("m", package);
        Assert.Equal(names[0], Assert.Single(manifest.ExternalData).Path);
        Assert.Equal(16, (await registry.Registry.ReadGoldenRowsAsync(manifest))!.Count);
        var rows = await ScoresAsync(model.Onnx, model, null);
        Assert.Equal(rows, await ScoresAsync(package.Onnx, model, directory.FullName));
    }

    [Fact]
    public async Task SaveAsync_ExternalDataOfSmallWeights_IsOneFile()
    {
        using var directory = new TempDirectory();
        var model = await ModelAsync();

        await model.SaveAsync(directory.Combine("m.onnx"), new ModelFileOptions { ExternalDataThreshold = 1 << 20 });

        Assert.Equal(["m.onnx"], Names(directory.FullName));
    }

    [Fact]
    public async Task SaveAsync_PathExists_IsRefusedUnlessItMayBeReplaced()
    {
        using var directory = new TempDirectory();
        var model = await ModelAsync();
        var path = directory.Combine("m.onnx");
        await File.WriteAllTextAsync(path, "mine");

        var error = await Assert.ThrowsAsync<FileWriteException>(() => model.SaveAsync(path));
        Assert.Equal("mine", await File.ReadAllTextAsync(path));
        await model.SaveAsync(path, new ModelFileOptions { Overwrite = true });

        Assert.Equal($"Expected a free path to save the model at, but '{path}' exists (it is replaced where Overwrite says so).", error.Message);
        Assert.Equal(path, error.Path);
        Assert.Equal(model.Onnx.ToArray(), (await TrainedModel.LoadAsync(path)).Onnx.ToArray());
        var folder = await Assert.ThrowsAsync<FileWriteException>(() => model.SaveAsync(directory.FullName, new ModelFileOptions { Overwrite = true }));
        Assert.Equal($"Expected the path of a file to save the model at, but '{directory.FullName}' is a folder.", folder.Message);
    }

    [Fact]
    public async Task SaveAsync_NoFolder_IsRefused()
    {
        using var directory = new TempDirectory();
        var model = await ModelAsync();
        var path = directory.Combine("absent", "m.onnx");

        var error = await Assert.ThrowsAsync<FileWriteException>(() => model.SaveAsync(path));

        Assert.Equal($"Expected to save the model at '{path}', but the folder '{Path.GetDirectoryName(path)}' does not exist.", error.Message);
    }

    [SmallDiskFact]
    public async Task SaveAsync_DiskIsFull_SaysSoAndLeavesNothing()
    {
        using var disk = new SmallDisk(1);
        var model = await ModelAsync();
        disk.Fill();
        var path = Path.Combine(disk.Root, "m.onnx");

        var error = await Assert.ThrowsAsync<FileWriteException>(() => model.SaveAsync(path, new ModelFileOptions { ExternalDataThreshold = 4096 }));

        Assert.Equal($"Expected to save the model at '{path}', but the disk is full.", error.Message);
        Assert.Equal(["ballast"], Names(disk.Root));
        disk.Free();
        await model.SaveAsync(path, new ModelFileOptions { ExternalDataThreshold = 4096 });
        Assert.Equal(2, Names(disk.Root).Length);
    }

    [SmallDiskFact]
    public async Task SaveAsync_FolderIsReadOnly_SaysSo()
    {
        using var disk = new SmallDisk(1);
        var model = await ModelAsync();
        disk.SetReadOnly(true);
        var path = Path.Combine(disk.Root, "m.onnx");

        var error = await Assert.ThrowsAsync<FileWriteException>(() => model.SaveAsync(path));

        Assert.Matches("^Expected to save the model at '.*', but the folder '.*' may not be written\\.$", error.Message);
    }

    // Where no disk can be mounted: the second file, or the flush of either, fails, and the first one goes with it.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Save_StreamRunsIntoTheEndOfTheDisk_LeavesNothing(int failing)
    {
        using var directory = new TempDirectory();
        var model = await ModelAsync();
        var opened = 0;
        var file = new ModelFile(DiskSync.Instance, path => ++opened == failing ? new FullStream(path) : new FileStream(path, FileMode.CreateNew));

        var error = Assert.Throws<FileWriteException>(() => file.Save(model.Onnx, directory.Combine("m.onnx"), new ModelFileOptions { ExternalDataThreshold = 4096 }, CancellationToken.None));

        Assert.EndsWith(", but the disk is full.", error.Message, StringComparison.Ordinal);
        Assert.Empty(Names(directory.FullName));
    }

    [Fact]
    public async Task Save_Cancelled_LeavesNothing()
    {
        using var directory = new TempDirectory();
        var model = await ModelAsync();
        using var source = new CancellationTokenSource();
        source.Cancel();

        Assert.Throws<OperationCanceledException>(() => ModelFile.Default.Save(model.Onnx, directory.Combine("m.onnx"), new ModelFileOptions(), source.Token));

        Assert.Empty(Names(directory.FullName));
    }

    private static string[] Names(string directory) => [.. Directory.EnumerateFileSystemEntries(directory).Select(p => Path.GetFileName(p)!).Order(StringComparer.Ordinal)];

    private static async Task<double[]> ScoresAsync(ReadOnlyMemory<byte> onnx, TrainedModel model, string? externalData)
    {
        var batch = await SyntheticRows.BatchOf(SyntheticRows.Create(100, seed: 4));
        using var scorer = OnnxScorer.Open("m", onnx, model.Features, model.Output, externalData);
        return scorer.Score(Mlp.Training.Preprocessing.FeatureTable.Of(batch, model.Features), 0, batch.Length, CancellationToken.None);
    }

    // Two layers of 64 KB beside the small ones.
    private static async Task<TrainedModel> ModelAsync()
    {
        var options = NetworkTrainerTests.Small();
        (options.HiddenLayers, options.MaxEpochs) = ([64, 256, 64], 1);
        using var network = await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(300, seed: 1));
        return network.Export();
    }

    private sealed class FullStream(string path) : FileStream(path, FileMode.CreateNew)
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            base.Write(buffer[..(buffer.Length / 2)]);
            throw new IOException("No space left on device", FullDisk);
        }
    }
}
