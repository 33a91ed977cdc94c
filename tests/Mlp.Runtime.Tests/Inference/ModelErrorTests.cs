using Apache.Arrow;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
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

        AssertCancelled(Assert.Throws<OperationCanceledException>(() => model.Predict([1], cancellationToken: token)), "before its run began", token);
        AssertCancelled(Assert.Throws<OperationCanceledException>(() => model.Predict([1], new float[1], cancellationToken: token)), "before its run began", token);
        AssertCancelled(Assert.Throws<OperationCanceledException>(() => model.Run(inputs, cancellationToken: token)), "before its run began", token);
        var byRecord = model.As<One, Prediction>().PredictAsync(new One(1), cancellationToken: token).AsTask();
        AssertCancelled(await Assert.ThrowsAsync<OperationCanceledException>(() => byRecord), "before its run began", token);
        Assert.True(byRecord.IsCanceled);
        using var table = new RecordBatch.Builder().Append("x", false, b => b.Float(a => a.Append(1))).Build();
        AssertCancelled(await Assert.ThrowsAsync<OperationCanceledException>(() => model.ScoreAsync(table, cancellationToken: token)), "before its run began", token);
        Assert.Equal(0.5, model.Predict([0]).Score);
    }

    [Fact]
    public async Task PredictAsync_CancelledWhileFeaturesAreRead_SaysSo()
    {
        var features = TestFeatures.Floats(1);
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary(), features.Description), features: features);
        features.Pending = static token => Task.Delay(Timeout.Infinite, token);
        using var cancellation = new CancellationTokenSource();

        var call = platform.Model.PredictAsync("a", cancellationToken: cancellation.Token).AsTask();
        await cancellation.CancelAsync();

        AssertCancelled(await Assert.ThrowsAsync<OperationCanceledException>(() => call), "while its features were read", cancellation.Token);
        Assert.True(call.IsCanceled);
    }

    [Fact]
    public async Task Predict_CancelledWhileItRuns_SaysSo()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Slow(400, 40), Regression()));
        using var cancellation = new CancellationTokenSource();
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var rows = new float[256];
        OperationCanceledException? error = null;

        var calls = Task.Factory.StartNew(
            () =>
            {
                // One of many long calls is in its run when the token is cancelled.
                while (error is null)
                {
                    try
                    {
                        began.TrySetResult();
                        platform.Model.Predict(rows, new float[256], cancellationToken: cancellation.Token);
                    }
                    catch (OperationCanceledException e)
                    {
                        error = e;
                    }
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await began.Task;
        await cancellation.CancelAsync();
        await calls;

        Assert.Equal(cancellation.Token, error!.CancellationToken);
        Assert.Matches("^The call of model 'tips' version 1 was cancelled (while it ran|before its run began).$", error.Message);
    }

    private static void AssertCancelled(OperationCanceledException error, string when, CancellationToken token)
    {
        Assert.Equal($"The call of model 'tips' version 1 was cancelled {when}.", error.Message);
        Assert.Equal(token, error.CancellationToken);
    }

    private readonly record struct One(float X);

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
