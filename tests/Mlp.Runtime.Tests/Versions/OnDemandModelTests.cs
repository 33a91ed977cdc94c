using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Versions;

public sealed class OnDemandModelTests
{
    [Fact]
    public async Task Open_BeforeTheFirstCall_LoadsNothingAndIsHealthy()
    {
        await using var tenants = new TenantPlatform();
        await tenants.PublishAsync(2);
        var model = tenants[1];

        Assert.Equal(ModelState.Unloaded, model.State);
        Assert.Null(model.Manifest);
        Assert.Null(model.Description);
        Assert.Equal("it is not loaded; the next call loads it", model.UnavailableReason);
        Assert.Equal(0, tenants.Registry.LoadsOf(1, "tenant-1"));

        tenants.Call(1);
        Assert.Equal((ModelState.Ready, 1, null), (model.State, model.Manifest!.Version, model.UnavailableReason));
        _ = tenants[2];
        var health = tenants.Platform.Catalog.CheckHealth();
        Assert.Equal((HealthStatus.Healthy, "1 model is in service. 1 more is loaded when it is called."), (health.Status, health.Description));
    }

    [Fact]
    public async Task Call_ManyAtOnce_ShareOneLoad()
    {
        await using var tenants = new TenantPlatform();
        await tenants.PublishAsync(1);
        var gate = new TaskCompletionSource();
        tenants.Registry.Gate = gate.Task;
        var model = tenants[1];

        var records = model.As<Input, Answer>();
        var calls = Enumerable.Range(0, 4).Select(_ => Task.Run(() => model.Predict([1]).Score))
            .Concat(Enumerable.Range(0, 4).Select(_ => Task.Run(async () => (await records.PredictAsync(new Input(1))).Score)))
            .ToList();
        var ready = model.WaitUntilReadyAsync();
        await tenants.Registry.Arrived.Task;
        gate.SetResult();

        Assert.All(await Task.WhenAll(calls), s => Assert.Equal(1 / (1 + Math.Exp(-1)), s, 1e-6));
        await ready;
        Assert.Equal(1, tenants.Registry.LoadsOf(1, "tenant-1"));
    }

    [Fact]
    public async Task Call_CancelledWhileLoading_EndsAloneAndTheLoadGoesOn()
    {
        var features = TestFeatures.Floats(1);
        await using var tenants = new TenantPlatform(features: features);
        await tenants.PublishAsync(1, features.Description);
        var gate = new TaskCompletionSource();
        tenants.Registry.Gate = gate.Task;
        using var cancel = new CancellationTokenSource();

        var cancelled = tenants[1].PredictAsync(new EntityValue[] { "a" }, cancellationToken: cancel.Token).AsTask();
        await tenants.Registry.Arrived.Task;
        var patient = tenants[1].PredictAsync(new EntityValue[] { "a" }).AsTask();
        await cancel.CancelAsync();

        var error = await Assert.ThrowsAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal("The call of model 'tenant-1' was cancelled while it waited for the model to be loaded.", error.Message);
        Assert.False(patient.IsCompleted);
        gate.SetResult();
        Assert.Equal(1, (await patient).ModelVersion);
        Assert.Equal(1, tenants.Registry.LoadsOf(1, "tenant-1"));
    }

    [Fact]
    public async Task Call_LoadTakesLongerThanItsTime_SaysSoAndTheLoadGoesOn()
    {
        var features = TestFeatures.Floats(1);
        await using var tenants = new TenantPlatform(features: features);
        await tenants.PublishAsync(1, features.Description);
        var gate = new TaskCompletionSource();
        tenants.Registry.Gate = gate.Task;

        var call = tenants[1].PredictAsync(new EntityValue[] { "a" }, new() { Timeout = TimeSpan.FromMilliseconds(50) }).AsTask();
        await tenants.Registry.Arrived.Task;
        tenants.Time.Advance(TimeSpan.FromMilliseconds(51));

        var error = await Assert.ThrowsAsync<PredictionTimeoutException>(() => call);
        Assert.Equal("Expected model 'tenant-1', which is loaded when it is called, to answer within the 50 ms of the call, but loading it took longer.", error.Message);
        Assert.Equal(0, error.Version);
        gate.SetResult();
        Assert.Equal(1, (await tenants[1].PredictAsync(new EntityValue[] { "a" })).ModelVersion);
        Assert.Equal(1, tenants.Registry.LoadsOf(1, "tenant-1"));
    }

    [Fact]
    public async Task Limit_AnotherNeedsTheRoom_UnloadsTheOneNotCalledLongest()
    {
        await using var tenants = new TenantPlatform(limit: 2);
        await tenants.PublishAsync(3);

        tenants.Call(1);
        tenants.Call(2);
        tenants.Call(1);
        tenants.Call(3);

        Assert.Equal((ModelState.Ready, ModelState.Unloaded, ModelState.Ready), (tenants[1].State, tenants[2].State, tenants[3].State));
        tenants.Call(2);
        Assert.Equal((ModelState.Unloaded, ModelState.Ready, ModelState.Ready), (tenants[1].State, tenants[2].State, tenants[3].State));
        Assert.Equal((1, 2, 1), (tenants.Registry.LoadsOf(1, "tenant-1"), tenants.Registry.LoadsOf(1, "tenant-2"), tenants.Registry.LoadsOf(1, "tenant-3")));
    }

    [Fact]
    public async Task Limit_WhileACallRuns_UnloadsAndLetsItEnd()
    {
        var read = new TaskCompletionSource();
        var features = TestFeatures.Floats(1);
        await using var tenants = new TenantPlatform(limit: 1, features: features);
        await tenants.PublishAsync(2, features.Description);
        await tenants[1].WaitUntilReadyAsync();
        features.Pending = _ => read.Task;
        var call = tenants[1].PredictAsync(new EntityValue[] { "a" }).AsTask();

        tenants.Call(2);
        Assert.Equal(ModelState.Unloaded, tenants[1].State);
        Assert.False(call.IsCompleted);

        read.SetResult();
        Assert.Equal(1, (await call).ModelVersion);
    }

    [Fact]
    public async Task Limit_WhileTheOnlyPlaceIsBeingLoaded_MakesTheNewcomerWait()
    {
        await using var tenants = new TenantPlatform(limit: 1);
        await tenants.PublishAsync(2);
        var gate = new TaskCompletionSource();
        tenants.Registry.Gate = gate.Task;

        var first = Task.Run(() => tenants[1].Predict([1]));
        await tenants.Registry.Arrived.Task;
        var second = tenants[2].WaitUntilReadyAsync();
        Assert.Equal(0, tenants.Registry.LoadsOf(1, "tenant-2"));
        gate.SetResult();

        Assert.Equal(1, (await first).ModelVersion);
        await second;
        Assert.Equal(1, tenants.LoadedCount);
    }

    [Fact]
    public async Task Call_AfterTheAliasMovedWhileUnloaded_LoadsTheNewVersion()
    {
        await using var tenants = new TenantPlatform(limit: 1);
        await tenants.PublishAsync(2);
        tenants.Call(1);
        tenants.Call(2);
        await tenants.Platform.Registry.PublishAsync("tenant-1", Package(TestGraphs.Logistic(7), Binary()));
        await tenants.Platform.Registry.SetAliasAsync("tenant-1", "champion", 2, 1);

        Assert.Equal(1 / (1 + Math.Exp(-7)), tenants[1].Predict([1]).Score, 1e-6);
    }

    [Fact]
    public async Task Health_RouteStoredForAModelThatHasItsChampionAlone_SaysThatItHasNoEffect()
    {
        await using var tenants = new TenantPlatform(limit: 1);
        await tenants.PublishAsync(1);
        await tenants.Platform.Registry.SetRouteAsync("tenant-1", Mlp.Runtime.Routing.ModelRoute.ChampionOnly.WithChallenger("next", 0.5), 0);

        tenants.Call(1);

        var health = tenants.Platform.Catalog.CheckHealth();
        Assert.Equal(
            (HealthStatus.Degraded, "Expected no route of model 'tenant-1', which is loaded on first call, but found revision 1 in the registry; its champion answers all calls."),
            (health.Status, health.Description));

        await tenants.Platform.Registry.RemoveRouteAsync("tenant-1", 1);
        Assert.Equal(HealthStatus.Healthy, tenants.Platform.Catalog.CheckHealth().Status);
    }

    [Fact]
    public async Task Call_AliasMissing_SaysSoAndTheNextCallLooksAgain()
    {
        await using var tenants = new TenantPlatform(limit: 1, configure: o => o.FromAlias("blue"));
        await tenants.PublishAsync(1);

        var error = Assert.Throws<ModelNotReadyException>(() => tenants[1].Predict([1]));
        Assert.Equal("Expected model 'tenant-1' to be ready, but alias 'blue' does not exist yet.", error.Message);
        Assert.Equal(ModelState.Unavailable, tenants[1].State);
        Assert.Equal(HealthStatus.Degraded, tenants.Platform.Catalog.CheckHealth().Status);

        await tenants.Platform.Registry.SetAliasAsync("tenant-1", "blue", 1, 0);
        tenants.Call(1);
        Assert.Equal(HealthStatus.Healthy, tenants.Platform.Catalog.CheckHealth().Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_FileDamaged_SaysWhichAndHowAndTakesNoPlace(bool truncated)
    {
        await using var tenants = new TenantPlatform(limit: 1);
        await tenants.PublishAsync(1);
        var bad = await tenants.Platform.Registry.PublishAsync("tenant-9", Package(TestGraphs.Logistic(9), Binary()));
        await tenants.Platform.Registry.SetAliasAsync("tenant-9", "champion", 1, 0);
        DamagedFiles.Damage(tenants.Platform.RegistryPath, bad.OnnxSha256, truncated);
        tenants.Call(1);

        var error = Assert.Throws<ModelNotReadyException>(() => tenants[9].Predict([1]));
        Assert.StartsWith(
            "Expected model 'tenant-9' to be ready, but version 1 cannot be loaded: Expected the ONNX file of model 'tenant-9' version 1 with SHA-256 " + bad.OnnxSha256,
            error.Message,
            StringComparison.Ordinal);
        Assert.Equal((1, ModelState.Unavailable), (tenants.Registry.LoadsOf(1, "tenant-9"), tenants[9].State));
        Assert.Equal(HealthStatus.Degraded, tenants.Platform.Catalog.CheckHealth().Status);
        tenants.Call(1);
    }

    [Fact]
    public async Task Close_WhileLoading_EndsTheCallsWithASentence()
    {
        await using var tenants = new TenantPlatform();
        await tenants.PublishAsync(1);
        tenants.Registry.Gate = new TaskCompletionSource().Task;
        var call = Task.Run(() => tenants[1].Predict([1]));
        await tenants.Registry.Arrived.Task;

        await tenants.Platform.Catalog.CloseAsync(CancellationToken.None);

        Assert.Equal("Expected model 'tenant-1' to be ready, but the platform has been closed.", (await Assert.ThrowsAsync<ModelNotReadyException>(() => call)).Message);
        Assert.Throws<ModelNotReadyException>(() => tenants[1].Predict([1]));
    }

    private readonly record struct Input(float X);

    private readonly record struct Answer(double Score);
}
