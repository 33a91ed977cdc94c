using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

public sealed class ModelReadyTests
{
    [Fact]
    public async Task WaitUntilReadyAsync_TimeThatNoTimerMeasures_IsNamedOrNoBound()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary()));

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("timeout", () => platform.Model.WaitUntilReadyAsync(TimeSpan.FromSeconds(-1)));
        await platform.Model.WaitUntilReadyAsync(TimeSpan.MaxValue);
        Assert.Throws<ArgumentException>("results", () => platform.Model.Predict(new FeatureRows(platform.Model.Description!.Layout, 2), []));
    }

    [Fact]
    public async Task WaitUntilReadyAsync_VersionAppears_Completes()
    {
        await using var platform = new TestPlatform();
        platform.AddModel(ModelName, options => options.AliasPollInterval = TimeSpan.FromMilliseconds(10));
        await platform.Catalog.OpenAsync(CancellationToken.None);
        var ready = platform.Model.WaitUntilReadyAsync();
        Assert.False(ready.IsCompleted);

        await platform.PublishAsync(Package(TestGraphs.Logistic(1), Binary()));
        await ready;

        Assert.Equal(1, platform.Model.Predict([1]).ModelVersion);
        Assert.True(platform.Model.WaitUntilReadyAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task WaitUntilReadyAsync_Cancelled_Ends()
    {
        await using var platform = new TestPlatform();
        platform.AddModel(ModelName);
        await platform.Catalog.OpenAsync(CancellationToken.None);
        using var cancel = new CancellationTokenSource();
        var ready = platform.Model.WaitUntilReadyAsync(cancel.Token);

        await cancel.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ready);
        Assert.Equal("The wait for model 'tips' was cancelled while it was not ready: alias 'champion' does not exist yet.", error.Message);
        Assert.Equal(cancel.Token, error.CancellationToken);
    }

    [Fact]
    public async Task WaitUntilReadyAsync_AliasThatNeverComes_EndsWithTheReason()
    {
        await using var platform = new TestPlatform();
        platform.AddModel(ModelName, options => options.FromAlias("champoin"));
        await platform.Catalog.OpenAsync(CancellationToken.None);

        var error = await Assert.ThrowsAsync<ModelNotReadyException>(() => platform.Model.WaitUntilReadyAsync(TimeSpan.FromMilliseconds(1)));

        Assert.Equal("Expected model 'tips' to be ready, but it is not after 0.001 s: alias 'champoin' does not exist yet.", error.Message);
    }

    [Fact]
    public async Task WaitUntilReadyAsync_VersionThatCanNeverServe_IsToldToWhoWaitsAndWhoComesLater()
    {
        await using var platform = new TestPlatform();
        platform.AddModel(ModelName, options =>
        {
            options.WithFeatures("other");
            options.AliasPollInterval = TimeSpan.FromMilliseconds(10);
        });
        await platform.Catalog.OpenAsync(CancellationToken.None);
        var early = platform.Model.WaitUntilReadyAsync();
        await platform.PublishAsync(Package(TestGraphs.Logistic(1), Binary()));

        var first = await Assert.ThrowsAsync<ModelNotReadyException>(() => early);
        var second = await Assert.ThrowsAsync<ModelNotReadyException>(() => platform.Model.WaitUntilReadyAsync());

        Assert.Contains("version 1 cannot be loaded", first.Message, StringComparison.Ordinal);
        Assert.Equal(first.Message, second.Message);
    }

    [Fact]
    public async Task WaitUntilReadyAsync_PlatformClosed_Throws()
    {
        await using var platform = new TestPlatform();
        platform.AddModel(ModelName);
        await platform.Catalog.OpenAsync(CancellationToken.None);
        var ready = platform.Model.WaitUntilReadyAsync();

        await platform.Catalog.CloseAsync(CancellationToken.None);

        var error = await Assert.ThrowsAsync<ModelNotReadyException>(() => ready);
        Assert.Contains("closed", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ModelNotReadyException>(() => platform.Model.WaitUntilReadyAsync());
    }
}
