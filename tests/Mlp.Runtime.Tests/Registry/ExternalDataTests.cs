using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Tests.Inference;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Registry;

public sealed class ExternalDataTests : IDisposable
{
    private static readonly ModelOutput Output = new() { Task = ModelTask.Regression, ScoreOutput = "score" };

    private readonly TempDirectory _directory = new();

    private string Source => _directory.Combine("source");

    public ExternalDataTests() => Directory.CreateDirectory(Source);

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("weights.bin", WeightStorage.Resident)]
    [InlineData("weights.bin", WeightStorage.Mapped)]
    [InlineData("deep/er/weights.bin", WeightStorage.Resident)]
    public async Task PublishAndServe_ModelWithExternalData_AnswersAndIsDescribed(string location, WeightStorage weights)
    {
        var package = Package(location, weight: 2, inputs: 3, outputs: 1);
        await using var platform = await TestPlatform.ServeAsync(package, configure: o => o.Weights = weights);

        Assert.Equal(ModelState.Ready, platform.Model.State);
        Assert.Equal(12, platform.Model.Predict([1, 2, 3]).Score);
        Assert.Equal(weights, platform.Model.Description!.Weights);
        Assert.Equal(weights == WeightStorage.Mapped ? 12 : 0, platform.Model.Description.MappedByteCount);
        var file = Assert.Single(platform.Model.Manifest!.ExternalData);
        Assert.Equal((location, 12L, ContentHash.Of(Weights(2, 3))), (file.Path, file.ByteCount, file.Sha256));
    }

    [Fact]
    public async Task Publish_SameWeightsTwice_StoresThemOnce()
    {
        var registry = TestRegistry.Open(_directory.FullName);
        var package = Package("w.bin", weight: 2, inputs: 3, outputs: 1);
        var first = await registry.PublishAsync("m", package);
        var second = await registry.PublishAsync("m", package with { Description = "again" });

        Assert.Equal(first.ExternalData, second.ExternalData);
        Assert.Equal(2, Directory.GetFiles(_directory.Combine("registry", "blobs"), "*", SearchOption.AllDirectories).Length);
        Assert.Empty(Leftovers());
    }

    [Fact]
    public async Task Publish_BlobThatWasDamaged_IsRepaired()
    {
        var registry = TestRegistry.Open(_directory.FullName);
        var package = Package("w.bin", weight: 2, inputs: 3, outputs: 1);
        var hash = (await registry.PublishAsync("m", package)).ExternalData[0].Sha256;
        var blob = _directory.Combine("registry", "blobs", "sha256", hash[..2], hash[2..]);
        File.Delete(blob);
        await File.WriteAllTextAsync(blob, "else");

        var manifest = await registry.PublishAsync("m", package);

        Assert.Equal(Weights(2, 3), await File.ReadAllBytesAsync(blob));
        await registry.OpenOnnxAsync(manifest, WeightStorage.Resident);
    }

    [Theory]
    [InlineData("../w.bin", "leaves it")]
    [InlineData("a/../../w.bin", "leaves it")]
    [InlineData("./w.bin", "leaves it")]
    [InlineData("/etc/passwd", "absolute path")]
    [InlineData("C:\\w.bin", "characters")]
    [InlineData("c:w.bin", "characters")]
    [InlineData("..\\w.bin", "characters")]
    [InlineData("a//w.bin", "no name of a file everywhere")]
    [InlineData("a/", "no name of a file everywhere")]
    [InlineData("NUL.bin", "no name of a file everywhere")]
    [InlineData("w.bin.", "no name of a file everywhere")]
    [InlineData("", "0 characters")]
    [InlineData("w\0.bin", "characters")]
    [InlineData("*/_ORT_MEM_ADDR_/*", "characters")]
    public async Task Publish_LocationOutsideOfTheFolder_IsRefused(string location, string reason)
    {
        var package = new ModelPackage { Onnx = ExternalOnnx.Linear(location, 3, 1), Output = Output, ExternalDataDirectory = Source };

        await RequireRefusedAsync(package, reason);
    }

    [Theory]
    [InlineData(0, 13)]
    [InlineData(13, 0)]
    [InlineData(4, 12)]
    [InlineData(long.MaxValue, long.MaxValue)]
    public async Task Publish_TensorBeyondItsFile_IsRefused(long offset, long length)
    {
        var package = Package("w.bin", 1, 3, 1) with { Onnx = ExternalOnnx.Linear("w.bin", 3, 1, offset, length) };

        await RequireRefusedAsync(package, "within the external data 'w.bin' of 12 bytes");
    }

    [Fact]
    public async Task Publish_FileMissing_IsRefused()
        => await RequireRefusedAsync(new ModelPackage { Onnx = ExternalOnnx.Linear("w.bin", 3, 1), Output = Output, ExternalDataDirectory = Source }, "no such file");

    [Fact]
    public async Task Publish_WithoutFolder_SaysHowToReadTheModel()
        => await RequireRefusedAsync(new ModelPackage { Onnx = ExternalOnnx.Linear("w.bin", 3, 1), Output = Output }, "ModelPackage.FromFile");

    [LinuxFact]
    public async Task Publish_LinkInThePath_IsRefused()
    {
        var elsewhere = _directory.Combine("elsewhere");
        Directory.CreateDirectory(elsewhere);
        await File.WriteAllBytesAsync(Path.Combine(elsewhere, "w.bin"), Weights(1, 3));
        File.CreateSymbolicLink(Path.Combine(Source, "w.bin"), Path.Combine(elsewhere, "w.bin"));
        Directory.CreateSymbolicLink(Path.Combine(Source, "sub"), elsewhere);

        foreach (var location in (string[])["w.bin", "sub/w.bin"])
        {
            await RequireRefusedAsync(
                new ModelPackage { Onnx = ExternalOnnx.Linear(location, 3, 1), Output = Output, ExternalDataDirectory = Source }, "without symbolic links");
        }
    }

    [Fact]
    public async Task Load_FileThatWasChanged_KeepsTheGoodVersionInService()
    {
        await using var platform = await TestPlatform.ServeAsync(TestPlatform.Package(OnnxBytes.Linear(3, 1), Output));
        var bad = await platform.Registry.PublishAsync(TestPlatform.ModelName, Package("w.bin", 5, 3, 1));
        var path = Path.Combine(platform.RegistryPath, "models", TestPlatform.ModelName, "versions", "2", "external", "w.bin");
        File.Delete(path);
        await File.WriteAllBytesAsync(path, Weights(6, 3));

        var error = await Assert.ThrowsAsync<CorruptFileException>(() => platform.Registry.OpenOnnxAsync(bad, WeightStorage.Resident));

        Assert.Contains("external data 'w.bin' of model 'tips' version 2", error.Message, StringComparison.Ordinal);
        Assert.Equal(path, error.Path);
        File.Delete(path);
        error = await Assert.ThrowsAsync<CorruptFileException>(() => platform.Registry.OpenOnnxAsync(bad, WeightStorage.Mapped));
        Assert.Contains("found no file", error.Message, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Publish_Published_CannotBeWrittenByMistake()
    {
        var registry = TestRegistry.Open(_directory.FullName);
        var manifest = await registry.PublishAsync("m", Package("w.bin", 2, 3, 1));
        var files = await registry.OpenOnnxAsync(manifest, WeightStorage.Resident);

        Assert.True(File.GetAttributes(Path.Combine(files.ExternalDataDirectory!, "w.bin")).HasFlag(FileAttributes.ReadOnly));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Mapped_FourSessionsOfAFiftyMegabyteModel_TakeLittleAnonymousMemory(bool isExternal)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        const int Width = 1024;
        const int Depth = 12;
        var onnx = Path.Combine(Source, "model.onnx");
        await File.WriteAllBytesAsync(onnx, isExternal ? ExternalOnnx.Deep("weights.bin", Width, Depth) : DeepInOneFile(Width, Depth));
        ExternalOnnx.WriteDeepWeights(Path.Combine(Source, "weights.bin"), Width, Depth);

        using var child = ChildProcess.StartScenario("mapped-weights", _directory.FullName, onnx, "1024", "Mapped");
        var lines = await child.ReadToEndAsync();
        var growth = long.Parse(Assert.Single(lines), System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(growth < 10L << 20, FormattableString.Invariant($"Expected less than 10 MiB for four sessions, but found {growth} bytes."));
    }

    [Fact]
    public async Task Mapped_WeightsOnDiskThatWereChanged_AreWrittenAgain()
    {
        var registry = TestRegistry.Open(_directory.FullName);
        var manifest = await registry.PublishAsync("m", new ModelPackage { Onnx = DeepInOneFile(64, 2), Output = Output });
        var files = await registry.OpenOnnxAsync(manifest, WeightStorage.Mapped);
        var path = Assert.Single(Directory.GetFiles(files.ExternalDataDirectory!));
        var good = await File.ReadAllBytesAsync(path);
        Assert.Equal(2 * 64 * 64 * 4, files.MappedByteCount);

        foreach (var damage in (byte[][])[[], good[..^1], [.. good[..5000], (byte)~good[5000], .. good[5001..]]])
        {
            File.Delete(path);
            await File.WriteAllBytesAsync(path, damage);
            var again = await registry.OpenOnnxAsync(manifest, WeightStorage.Mapped);
            Assert.True(again.Onnx.Span.SequenceEqual(files.Onnx.Span));
            Assert.Equal(good, await File.ReadAllBytesAsync(path));
        }
    }

    private ModelPackage Package(string location, float weight, int inputs, int outputs)
    {
        var path = Path.Combine([Source, .. location.Split('/')]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, Weights(weight, inputs * outputs));
        var onnx = Path.Combine(Source, "model.onnx");
        File.WriteAllBytes(onnx, ExternalOnnx.Linear(location, inputs, outputs));
        return ModelPackage.FromFile(onnx, Output);
    }

    /// <summary>The model of <see cref="ExternalOnnx.Deep"/> as one file.</summary>
    private static byte[] DeepInOneFile(int width, int depth)
    {
        var graph = new OnnxGraphBuilder("deep");
        var value = graph.AddInput("x", OnnxDataType.Float32, OnnxGraphBuilder.Batch, width);
        var weights = new float[width * width];
        Array.Fill(weights, 1f / width);
        for (var i = 0; i < depth; i++)
        {
            value = graph.AddNode("MatMul", [value, graph.AddConstant(FormattableString.Invariant($"W{i}"), weights, width, width)]);
        }

        graph.AddNode("MatMul", [value, graph.AddConstant("last", weights.AsSpan(0, width), width, 1)], output: "score");
        graph.AddOutput("score", OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        return graph.Build();
    }

    private static byte[] Weights(float weight, int count) => [.. Enumerable.Repeat(BitConverter.GetBytes(weight), count).SelectMany(b => b)];

    private string[] Leftovers() => Directory.GetFileSystemEntries(_directory.Combine("registry"), ".tmp-*", SearchOption.AllDirectories);

    private async Task RequireRefusedAsync(ModelPackage package, string reason)
    {
        var registry = TestRegistry.Open(_directory.FullName);
        var error = await Assert.ThrowsAsync<InvalidModelException>(() => registry.PublishAsync("tips", package));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains("(model 'tips')", error.Message, StringComparison.Ordinal);
        Assert.Empty(registry.ListVersions("tips"));
        Assert.True(!Directory.Exists(_directory.Combine("registry")) || Leftovers().Length == 0);
    }
}
