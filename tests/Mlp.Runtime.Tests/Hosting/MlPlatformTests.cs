using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Hosting;

public sealed class MlPlatformTests : IDisposable
{
    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task StartAsync_SeveralParts_OpensByStageAndClosesInReverse()
    {
        var events = new List<string>();
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(_temp.Combine("data"));
        builder.Services.AddSingleton<IPlatformComponent>(new RecordingComponent("models", PlatformStage.Models, events));
        builder.Services.AddSingleton<IPlatformComponent>(new RecordingComponent("registry", PlatformStage.Registry, events));

        await using (var platform = builder.Build())
        {
            await platform.StartAsync();
            Assert.Equal(["open registry", "open models"], events);
        }

        Assert.Equal(["open registry", "open models", "close models", "close registry"], events);
    }

    [Fact]
    public async Task StartAsync_PartFails_ClosesWhatWasOpenAndFreesTheDirectory()
    {
        var events = new List<string>();
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(_temp.Combine("data"));
        builder.Services.AddSingleton<IPlatformComponent>(new RecordingComponent("registry", PlatformStage.Registry, events));
        builder.Services.AddSingleton<IPlatformComponent>(
            new RecordingComponent("models", PlatformStage.Models, events, new InvalidOperationException("planted")));
        await using var platform = builder.Build();

        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(() => platform.StartAsync());

        Assert.Equal("planted", thrown.Message);
        Assert.Equal(["open registry", "open models", "close models", "close registry"], events);
        await using var second = MlPlatform.CreateBuilder().UseDataDirectory(_temp.Combine("data")).Configure(o => o.OwnerWait = TimeSpan.Zero).Build();
        await second.StartAsync();
    }

    [Fact]
    public async Task StartAsync_DirectoryInUse_NamesTheOwner()
    {
        await using var first = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName).Build();
        await first.StartAsync();
        await using var second = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName).Configure(o => o.OwnerWait = TimeSpan.Zero).Build();

        var thrown = await Assert.ThrowsAsync<DataDirectoryInUseException>(() => second.StartAsync());

        Assert.Equal(Environment.ProcessId, thrown.Owner!.ProcessId);
        Assert.Contains(_temp.FullName, thrown.Message, StringComparison.Ordinal);
        Assert.Contains($"process {Environment.ProcessId}", thrown.Message, StringComparison.Ordinal);
        Assert.True(thrown.IsTransient);
    }

    [Fact]
    public async Task StartAsync_SimulatedClock_OwnerIsDescribedByItsTrueStart()
    {
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName);
        builder.Services.AddSingleton<TimeProvider>(new FakeTimeProvider(new DateTimeOffset(2015, 3, 15, 0, 0, 0, TimeSpan.Zero)));
        await using var first = builder.Build();
        await first.StartAsync();
        await using var second = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName).Configure(o => o.OwnerWait = TimeSpan.Zero).Build();

        var thrown = await Assert.ThrowsAsync<DataDirectoryInUseException>(() => second.StartAsync());

        using var process = Process.GetCurrentProcess();
        Assert.Equal(new DateTimeOffset(process.StartTime), thrown.Owner!.StartedAt);
    }

    [Theory]
    [InlineData("""{"format":"mlp-owner","formatVersion":2,"processId":7,"processName":"later","host":"h","startedAt":"2025-01-01T00:00:00Z","container":"c"}""", "process 7 (later)")]
    [InlineData("{", "a process that left no description")]
    public async Task StartAsync_DirectoryInUseWithUnknownOwnerFile_SaysWhatItCan(string json, string expected)
    {
        await using var first = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName).Build();
        await first.StartAsync();
        File.WriteAllText(_temp.Combine("owner.json"), json);
        await using var second = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName).Configure(o => o.OwnerWait = TimeSpan.Zero).Build();

        var thrown = await Assert.ThrowsAsync<DataDirectoryInUseException>(() => second.StartAsync());

        Assert.Contains(expected, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_OwnerLeavesWhileWaiting_TakesTheDirectory()
    {
        var first = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName).Build();
        await first.StartAsync();
        await using var second = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName).Build();

        var starting = second.StartAsync();
        Assert.False(starting.IsCompleted);
        await first.DisposeAsync();
        await starting;

        Assert.Equal(HealthStatus.Healthy, second.CheckHealth()["data-directory"].Status);
    }

    [Fact]
    public async Task CheckHealth_Closed_IsTheSameForEveryPart()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddHealthChecks();
        services.AddMlPlatform(ml => ml.UseDataDirectory(_temp.FullName).AddModel("tips"));
        await using var provider = services.BuildServiceProvider();
        var platform = provider.GetRequiredService<MlPlatform>();
        await platform.StartAsync();

        await platform.StopAsync();

        var health = platform.CheckHealth();
        Assert.Contains("models", health.Keys);
        Assert.All(health.Values, h => Assert.Equal((HealthStatus.Unhealthy, "The platform has been closed."), (h.Status, h.Description)));
        var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal(health.Count, report.Entries.Count);
        Assert.All(report.Entries.Values, h => Assert.Equal((HealthStatus.Unhealthy, "The platform has been closed."), (h.Status, h.Description)));
    }

    [Fact]
    public async Task StartAsync_ReaderBesideOwner_NeedsNoLock()
    {
        await using var owner = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName).Build();
        await owner.StartAsync();
        await using var reader = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName).AsReader().Build();

        await reader.StartAsync();

        Assert.False(reader.Directory.IsOwner);
    }

    [Fact]
    public async Task StartAsync_ReaderWithoutDirectory_SaysSo()
    {
        await using var reader = MlPlatform.CreateBuilder().UseDataDirectory(_temp.Combine("absent")).AsReader().Build();

        var thrown = await Assert.ThrowsAsync<DataDirectoryUnusableException>(() => reader.StartAsync());

        Assert.StartsWith("Expected an existing data directory", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(300, 1)]
    [InlineData(100, 60)]
    public async Task StartAsync_DirectoryWithALongName_SaysSo(int length, int parts)
    {
        var root = Enumerable.Repeat(new string('d', length), parts).Aggregate(_temp.FullName, Path.Combine);
        await using var platform = MlPlatform.CreateBuilder().UseDataDirectory(root).Build();

        var thrown = await Assert.ThrowsAsync<DataDirectoryUnusableException>(() => platform.StartAsync());

        Assert.Equal($"Expected a data directory whose path and names the file system can hold, but '{root}' is too long.", thrown.Message);
    }

    [Fact]
    public async Task StartAsync_DirectoryNotWritable_SaysSo()
    {
        var file = _temp.Combine("a-file");
        await File.WriteAllTextAsync(file, "in the way");
        await using var platform = MlPlatform.CreateBuilder().UseDataDirectory(Path.Combine(file, "data")).Build();

        var thrown = await Assert.ThrowsAsync<DataDirectoryUnusableException>(() => platform.StartAsync());

        Assert.StartsWith($"Expected a writable data directory at '{Path.Combine(file, "data")}'", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_Twice_SaysSo()
    {
        await using var platform = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName).Build();
        await platform.StartAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => platform.StartAsync());

        Assert.Equal(HealthStatus.Healthy, platform.CheckHealth()["data-directory"].Status);
    }

    [Fact]
    public async Task CheckHealth_DirectoryRemoved_IsUnhealthy()
    {
        var root = _temp.Combine("data");
        await using var platform = MlPlatform.CreateBuilder().UseDataDirectory(root).Build();
        await platform.StartAsync();

        Directory.Delete(root, recursive: true);

        Assert.Equal(HealthStatus.Unhealthy, platform.CheckHealth()["data-directory"].Status);
    }

    [Fact]
    public async Task CheckHealth_LockReplaced_IsUnhealthy()
    {
        await using var platform = MlPlatform.CreateBuilder().UseDataDirectory(_temp.FullName).Build();
        await platform.StartAsync();

        File.Delete(_temp.Combine("owner.lock"));
        await File.WriteAllTextAsync(_temp.Combine("owner.lock"), string.Empty);

        Assert.Equal(HealthStatus.Unhealthy, platform.CheckHealth()["data-directory"].Status);
    }

    [Theory]
    [InlineData("DataDirectory", "", "MlPlatform:DataDirectory must be a path, but is empty.")]
    [InlineData("OwnerWait", "02:00:00", "MlPlatform:OwnerWait must be between 00:00:00 and 01:00:00, but is 02:00:00.")]
    [InlineData("Mode", "7", "MlPlatform:Mode must be Owner or Reader, but is '7'.")]
    public async Task Host_WrongSetting_FailsAtStartNamingIt(string setting, string value, string expected)
    {
        var application = Host.CreateApplicationBuilder();
        application.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { [$"MlPlatform:{setting}"] = value });
        application.Services.AddMlPlatform();
        using var host = application.Build();

        var thrown = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Equal([expected], thrown.Failures);
    }

    [Fact]
    public async Task Host_AddedTwice_OpensEachPartOnceWithBoundSettingsAndHealthChecks()
    {
        var events = new List<string>();
        var application = Host.CreateApplicationBuilder();
        application.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["MlPlatform:DataDirectory"] = _temp.FullName });
        application.Services.AddHealthChecks();
        application.Services.AddMlPlatform();
        application.Services.AddMlPlatform(ml => ml.Services.AddSingleton<IPlatformComponent>(new RecordingComponent("part", PlatformStage.Models, events)));
        using var host = application.Build();
        await host.StartAsync();

        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        await host.StopAsync();

        Assert.Equal(["mlp-data-directory", "mlp-model-registry", "mlp-part"], report.Entries.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(HealthStatus.Degraded, report.Entries["mlp-part"].Status);
        Assert.Equal(["open part", "close part"], events);
        Assert.True(File.Exists(_temp.Combine("owner.json")));
    }

    [Fact]
    public void Build_BuilderOfAHost_SaysSo()
    {
        var builder = new ServiceCollection().AddMlPlatform();

        Assert.Throws<InvalidOperationException>(() => builder.Build());
    }
}
