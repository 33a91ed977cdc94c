using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlp.Features;
using Mlp.Monitoring.Hosting;
using Mlp.PlatformChild;
using Mlp.Runtime;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Integration.Tests.Health;

/// <summary>
/// Each part of a running platform says so when it is hurt, and the other parts stay healthy. The data directory and the registry are hurt in Mlp.Runtime.Tests
/// (MlPlatformTests, ModelRegistryComponentTests).
/// </summary>
public sealed class PlatformHealthTests : IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _data = new();
    private readonly FailingDisk _disk = new();
    private MlPlatform _ml = null!;

    public async Task InitializeAsync()
    {
        _ml = await OpenAsync();
        await _ml.Features.PushAsync(AccountActivity.Create("a", 1));
        await _ml.Features.FlushAsync();
        var manifest = await _ml.Registry.PublishAsync(AccountPlatform.Model, AccountPlatform.CreatePackage(Guid.NewGuid()));
        await _ml.Registry.SetAliasAsync(AccountPlatform.Model, AccountPlatform.Champion, manifest.Version, expectedRevision: 0);
        await Model.WaitUntilReadyAsync();
    }

    public async Task DisposeAsync()
    {
        _disk.FailingFolder = null;
        try
        {
            await _ml.DisposeAsync();
        }
        catch (AggregateException)
        {
            // A part that was hurt may say so again when it closes.
        }
    }

    public void Dispose() => _data.Dispose();

    private IModel Model => _ml.GetModel(AccountPlatform.Model);

    [Fact]
    public async Task CheckHealth_NothingWrong_EveryPartIsHealthy()
    {
        await UntilAsync(() => _ml.CheckHealth().Values.All(h => h.Status == HealthStatus.Healthy));
        Assert.Equal(
            ["alerts", "data-directory", "labels", "live-quality", "model-registry", "models", "offline-store", "online-store", "prediction-log", "prediction-log-maintenance"],
            _ml.CheckHealth().Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task CheckHealth_DeviceRefusesPushes_OnlineStoreIsUnhealthy()
    {
        _disk.FailingFolder = _data.Combine("features", "online");
        await Assert.ThrowsAsync<LogWriteException>(async () => await _ml.Features.PushAsync(AccountActivity.Create("a", 2)));

        AssertOnly("online-store", HealthStatus.Unhealthy);

        // What it has it still serves.
        var prediction = await Model.PredictAsync(new AccountKeys("a"));
        Assert.Equal(AccountPlatform.ScoreOf(1), prediction.Score);
    }

    [Fact]
    public void CheckHealth_DataFileCutShort_OfflineStoreIsUnhealthyAndNamesIt()
    {
        var file = Assert.Single(Directory.GetFiles(_data.Combine("features", "offline"), "*.parquet", SearchOption.AllDirectories));
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^10]);

        Assert.Contains(file, AssertOnly("offline-store", HealthStatus.Unhealthy).Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckHealth_DeviceRefusesTheLog_PredictionLogIsUnhealthyAndPredictionsGoOn()
    {
        _disk.FailingFolder = _data.Combine("predictions");
        await Model.PredictAsync(new AccountKeys("a"));
        await UntilAsync(() => _ml.CheckHealth()["prediction-log"].Status == HealthStatus.Unhealthy);

        AssertOnly("prediction-log", HealthStatus.Unhealthy);
        Assert.Equal(AccountPlatform.ScoreOf(1), (await Model.PredictAsync(new AccountKeys("a"))).Score);
        Assert.True(_ml.Monitoring.LogStatistics.Single().Dropped > 0);
    }

    [Fact]
    public async Task CheckHealth_DeviceRefusesLabels_LabelsAreUnhealthyUntilItTakesThem()
    {
        _disk.FailingFolder = _data.Combine("labels");
        await Assert.ThrowsAnyAsync<Exception>(async () => await _ml.Monitoring.RecordLabelAsync(new PredictionId(1, 1), 1.0, DateTimeOffset.UnixEpoch));
        AssertOnly("labels", HealthStatus.Unhealthy);

        _disk.FailingFolder = null;
        await _ml.Monitoring.RecordLabelAsync(new PredictionId(1, 1), 1.0, DateTimeOffset.UnixEpoch);
        Assert.Equal(HealthStatus.Healthy, _ml.CheckHealth()["labels"].Status);
    }

    [Fact]
    public async Task CheckHealth_AliasMovesToADamagedVersion_ModelsAreDegradedAndTheOldOneServes()
    {
        var manifest = await _ml.Registry.PublishAsync(AccountPlatform.Model, AccountPlatform.CreatePackage(Guid.NewGuid()));
        var blob = Directory.GetFiles(_data.Combine("registry", "blobs"), $"*{manifest.OnnxSha256[8..]}*", SearchOption.AllDirectories).Single();
        var cut = File.ReadAllBytes(blob)[..^3];
        File.Delete(blob);
        File.WriteAllBytes(blob, cut);

        await _ml.Registry.SetAliasAsync(AccountPlatform.Model, AccountPlatform.Champion, manifest.Version, expectedRevision: 1);

        await UntilAsync(() => _ml.CheckHealth()["models"].Status == HealthStatus.Degraded);
        AssertOnly("models", HealthStatus.Degraded);
        Assert.Equal(1, (await Model.PredictAsync(new AccountKeys("a"))).ModelVersion);
    }

    [Fact]
    public async Task CheckHealth_OnlyVersionIsDamaged_ModelsAreUnhealthyUntilOneCanBeServed()
    {
        await _ml.DisposeAsync();
        var blob = Directory.GetFiles(_data.Combine("registry", "blobs"), "*", SearchOption.AllDirectories).Single();
        var whole = File.ReadAllBytes(blob);
        File.Delete(blob);
        File.WriteAllBytes(blob, whole[..^3]);
        _ml = await OpenAsync();

        AssertOnly("models", HealthStatus.Unhealthy);

        File.WriteAllBytes(blob, whole);
        await UntilAsync(() => _ml.CheckHealth()["models"].Status == HealthStatus.Healthy);
        Assert.Equal(1, (await Model.PredictAsync(new AccountKeys("a"))).ModelVersion);
    }

    [Fact]
    public async Task CheckHealth_DamagedLogSegment_LiveQualityIsUnhealthy()
    {
        await Model.PredictAsync(new AccountKeys("a"));
        await _ml.Monitoring.FlushAsync();
        var folder = _data.Combine("predictions", AccountPlatform.Model);
        var segment = File.ReadAllBytes(Directory.GetFiles(folder, "*.mlplog").First());
        segment[20] ^= 0xFF;
        await File.WriteAllBytesAsync(Path.Combine(folder, "damaged.mlplog"), segment);

        await UntilAsync(() => _ml.CheckHealth()["live-quality"].Status == HealthStatus.Unhealthy);
        AssertOnly("live-quality", HealthStatus.Unhealthy);
    }

    private async Task<MlPlatform> OpenAsync()
    {
        var builder = AccountPlatform.Define(_data.FullName)
            .AddMonitoring(monitoring => monitoring.Configure(options => options.EvaluationInterval = TimeSpan.FromMilliseconds(20)));
        builder.Services.AddSingleton<IDiskSync>(_disk);
        var ml = builder.Build();
        await ml.StartAsync();
        return ml;
    }

    /// <summary>One part is hurt, the others are healthy.</summary>
    private HealthCheckResult AssertOnly(string part, HealthStatus status)
    {
        var health = _ml.CheckHealth();
        Assert.Equal([part], health.Where(h => h.Value.Status != HealthStatus.Healthy).Select(h => h.Key));
        Assert.Equal(status, health[part].Status);
        Assert.NotEmpty(health[part].Description!);
        return health[part];
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!condition())
        {
            await Task.Delay(10, patience.Token);
        }
    }
}
