using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>What a caller reads when a model, a version or a file is not there, or a call is given up. What is wrong with inputs stands in the tests of each way to call.</summary>
public sealed class ModelErrorTests
{
    [Fact]
    public async Task Predict_VersionGone_NamesIt()
    {
        await using var platform = new TestPlatform();
        platform.AddModel(ModelName, o => o.FromVersion(3));
        await platform.PublishAsync(Package(TestGraphs.Logistic(1), Binary()));
        await platform.Catalog.OpenAsync(CancellationToken.None);

        var error = Assert.Throws<ModelNotReadyException>(() => platform.Model.Predict([1]));

        Assert.Equal("Expected model 'tips' to be ready, but version 3 does not exist yet.", error.Message);
        Assert.True(error.IsTransient);
    }

    [Fact]
    public async Task Predict_FolderOfTheVersionGone_NamesTheFile()
    {
        await using var platform = new TestPlatform();
        platform.AddModel(ModelName);
        await platform.PublishAsync(Package(TestGraphs.Logistic(1), Binary()));
        Directory.Delete(Path.Combine(platform.RegistryPath, "models", ModelName, "versions", "1"), recursive: true);
        await platform.Catalog.OpenAsync(CancellationToken.None);

        var error = Assert.Throws<ModelNotReadyException>(() => platform.Model.Predict([1]));

        Assert.Equal(
            "Expected model 'tips' to be ready, but version 1 cannot be loaded: Expected version 1 of model 'tips' in the registry, but found no such version.", error.Message);
    }

    [Fact]
    public async Task GetModel_ModelGone_NamesThoseThatAreThere()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary()));

        var error = Assert.Throws<ModelNotFoundException>(() => platform.Catalog.GetModel("fares"));

        Assert.Equal("Expected a model that the application has declared by AddModel, but found no 'fares'; declared are: 'tips'.", error.Message);
    }

    [Fact]
    public async Task Run_PlatformClosed_SaysSo()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary()));
        await platform.Catalog.CloseAsync(CancellationToken.None);
        using var inputs = new ModelInputs().Set("x", new float[1], 1, 1);

        var error = Assert.Throws<ModelNotReadyException>(() => platform.Model.Run(inputs));

        Assert.Equal("Expected model 'tips' to be ready, but the platform has been closed.", error.Message);
    }

    [Fact]
    public async Task Predict_Cancelled_SaysSoWhicheverWayItIsCalled()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary()));
        var model = platform.Model;
        using var inputs = new ModelInputs().Set("x", new float[1], 1, 1);
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        var token = cancellation.Token;

        Assert.Equal(token, Assert.Throws<OperationCanceledException>(() => model.Predict([1], cancellationToken: token)).CancellationToken);
        Assert.Equal(token, Assert.Throws<OperationCanceledException>(() => model.Predict([1], new float[1], cancellationToken: token)).CancellationToken);
        Assert.Equal(token, Assert.Throws<OperationCanceledException>(() => model.Run(inputs, cancellationToken: token)).CancellationToken);
        Assert.Equal(0.5, model.Predict([0]).Score);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Predict_FileTruncatedOrTamperedWith_NamesBothHashes(bool isTruncated)
    {
        await using var platform = new TestPlatform();
        platform.AddModel(ModelName);
        await platform.PublishAsync(Package(TestGraphs.Logistic(1), Binary()));
        var sha = platform.Registry.FindVersion(ModelName, 1)!.OnnxSha256;
        var blob = Directory.GetFiles(platform.RegistryPath, sha[2..], SearchOption.AllDirectories).Single();
        var bytes = await File.ReadAllBytesAsync(blob);
        bytes[^1] ^= 1;
        File.SetAttributes(blob, FileAttributes.Normal);
        await File.WriteAllBytesAsync(blob, isTruncated ? bytes[..^10] : bytes);
        await platform.Catalog.OpenAsync(CancellationToken.None);

        var error = Assert.Throws<ModelNotReadyException>(() => platform.Model.Predict([1]));

        Assert.StartsWith(
            $"Expected model 'tips' to be ready, but version 1 cannot be loaded: Expected the ONNX file of model 'tips' version 1 with SHA-256 {sha} at '",
            error.Message,
            StringComparison.Ordinal);
        Assert.Contains(
            FormattableString.Invariant($"but found {(isTruncated ? bytes.Length - 10 : bytes.Length)} bytes with SHA-256 {ContentHash.Of(isTruncated ? bytes.AsSpan(0, bytes.Length - 10) : bytes)}"),
            error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_FileTruncated_SaysWhere()
    {
        await using var platform = new TestPlatform();
        var onnx = TestGraphs.Logistic(1);

        var error = await Assert.ThrowsAsync<InvalidModelException>(() => platform.PublishAsync(Package(onnx[..^9], Binary())));

        Assert.StartsWith("Expected an ONNX file, but the bytes cannot be read from offset", error.Message, StringComparison.Ordinal);
    }
}
