using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Tests.Inference;
using Mlp.TestSupport;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Hosting;

/// <summary>A host that is disposed of without being stopped, as a <c>using</c> does when the application throws: the container disposes of the parts in an order of its own.</summary>
public sealed class HostDisposalTests : IDisposable
{
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DisposeAsync_ServingHostNotStopped_ClosesQuietly(bool asksForTheCatalog)
    {
        var host = await ServeAsync(asksForTheCatalog);

        await ((IAsyncDisposable)host).DisposeAsync();

        await AssertFreeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dispose_ServingHostNotStopped_ClosesQuietly(bool asksForTheCatalog)
    {
        var host = await ServeAsync(asksForTheCatalog);

        host.Dispose();

        await AssertFreeAsync();
    }

    [Fact]
    public async Task Dispose_HostStoppedBefore_ClosesQuietly()
    {
        var host = await ServeAsync(asksForTheCatalog: true);
        await host.StopAsync();

        host.Dispose();

        await AssertFreeAsync();
    }

    [Fact]
    public void Dispose_HostNeverStarted_ClosesQuietly()
    {
        var host = Create();
        host.Services.GetRequiredService<IModelCatalog>();

        host.Dispose();
    }

    /// <summary>Whoever asks for the catalog's interface makes the container dispose of the catalog before the platform.</summary>
    private async Task<IHost> ServeAsync(bool asksForTheCatalog)
    {
        var host = Create();
        var registry = host.Services.GetRequiredService<IModelRegistry>();
        await host.StartAsync();
        await registry.PublishAsync(ModelName, Package(TestGraphs.Logistic(1), Binary()));
        await registry.SetAliasAsync(ModelName, "champion", 1, 0);
        var model = asksForTheCatalog
            ? host.Services.GetRequiredService<IModelCatalog>().GetModel(ModelName)
            : host.Services.GetRequiredService<ModelCatalog>().GetModel(ModelName);
        await model.WaitUntilReadyAsync();
        Assert.Equal(1, model.Predict([1]).ModelVersion);
        return host;
    }

    private IHost Create()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddMlPlatform(p => p.UseDataDirectory(_temp.FullName).AddModel(ModelName));
        return builder.Build();
    }

    /// <summary>Another process could take the directory over now.</summary>
    private async Task AssertFreeAsync()
    {
        await using var next = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName).Configure(o => o.OwnerWait = TimeSpan.Zero).Build();
        await next.StartAsync();
    }
}
