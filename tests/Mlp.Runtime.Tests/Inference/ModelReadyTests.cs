using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

public sealed class ModelReadyTests
{
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

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ready);
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
