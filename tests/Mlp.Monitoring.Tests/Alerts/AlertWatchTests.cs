using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Monitoring.Alerts;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Alerts;

public sealed class AlertWatchTests : IDisposable
{
    private readonly AlertHarness _alerts = new();

    public AlertWatchTests() => _alerts.Options.Rules["auc"] = new AlertRuleOptions { Figure = "performance.auc", Condition = AlertCondition.Below, Threshold = 0.8 };

    public void Dispose() => _alerts.Dispose();

    [Fact]
    public async Task EvaluateAsync_AlertThatFires_IsLoggedAndTold()
    {
        var watch = _alerts.Create();
        using var subscription = _alerts.Feed.Subscribe();

        await _alerts.LookAsync(watch, 0.7);
        await _alerts.LookAsync(watch, 0.7);
        await _alerts.LookAsync(watch, 0.9);
        _alerts.Feed.End();

        var told = await ReadAsync(subscription);
        Assert.Equal([AlertState.Firing, AlertState.Resolved], told.Select(a => a.State));
        Assert.Empty(watch.Active);
        Assert.Equal([LogLevel.Warning, LogLevel.Information], _alerts.Log.Lines.Select(l => l.Level));
        Assert.StartsWith("Alert auc (", _alerts.Log.Lines[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Subscribe_SlowSubscriber_MissesWhatHasNoRoomAndIsToldHowMany()
    {
        _alerts.Options.SubscriberBufferLength = 3;
        var watch = _alerts.Create();
        using var slow = _alerts.Feed.Subscribe();
        for (var i = 0; i < 5; i++)
        {
            await _alerts.LookAsync(watch, i % 2 == 0 ? 0.7 : 0.9);
        }

        using var late = _alerts.Feed.Subscribe();
        _alerts.Feed.End();

        Assert.Equal((3, 2), ((await ReadAsync(slow)).Count, slow.MissedCount));
        Assert.Equal((0, 0), ((await ReadAsync(late)).Count, late.MissedCount));
        Assert.Empty(await ReadAsync(_alerts.Feed.Subscribe()));
    }

    [Fact]
    public async Task OpenAsync_AfterARestart_KeepsTheAlertAndItsId()
    {
        var first = _alerts.Create();
        await _alerts.LookAsync(first, 0.7);
        var fired = Assert.Single(first.Active);

        var second = _alerts.Create();
        await second.OpenAsync(CancellationToken.None);
        Assert.Equal(fired, Assert.Single(second.Active));
        using var subscription = _alerts.Feed.Subscribe();
        await _alerts.LookAsync(second, 0.6);
        await _alerts.LookAsync(second, 0.9);
        await second.CloseAsync(CancellationToken.None);

        var resolved = Assert.Single(await ReadAsync(subscription));
        Assert.Equal((fired.Id, AlertState.Resolved, fired.FiredAt), (resolved.Id, resolved.State, resolved.FiredAt));
    }

    [Fact]
    public async Task OpenAsync_RuleThatIsGone_ResolvesItsAlert()
    {
        await _alerts.LookAsync(_alerts.Create(), 0.7);
        _alerts.Options.Rules.Clear();
        var watch = _alerts.Create();
        using var subscription = _alerts.Feed.Subscribe();

        await watch.OpenAsync(CancellationToken.None);
        await watch.CloseAsync(CancellationToken.None);

        Assert.Equal("The rule 'auc' is not among the settings any more.", Assert.Single(await ReadAsync(subscription)).Message);
        Assert.Empty(watch.Active);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    [InlineData(0.99)]
    public async Task OpenAsync_DamagedState_IsReportedAndSetAside(double where)
    {
        await _alerts.LookAsync(_alerts.Create(), 0.7);
        var bytes = await File.ReadAllBytesAsync(_alerts.StatePath);
        bytes[(int)(bytes.Length * where)] ^= 1;
        await File.WriteAllBytesAsync(_alerts.StatePath, bytes);
        var watch = _alerts.Create();

        await watch.OpenAsync(CancellationToken.None);
        await _alerts.LookAsync(watch, 0.7);

        Assert.Equal(bytes, await File.ReadAllBytesAsync(Assert.Single(Directory.GetFiles(Path.GetDirectoryName(_alerts.StatePath)!, "*.unreadable"))));
        Assert.Equal(HealthStatus.Degraded, watch.CheckHealth().Status);
        Assert.StartsWith("Alerts have started over, since their state could not be read and lies in '", watch.CheckHealth().Description, StringComparison.Ordinal);
        Assert.Single(watch.Active);
        await watch.CloseAsync(CancellationToken.None);
    }

    [Fact]
    public async Task OpenAsync_StateOfANewerVersion_IsSetAsideAndNotLost()
    {
        await _alerts.LookAsync(_alerts.Create(), 0.7);
        await File.WriteAllTextAsync(_alerts.StatePath, """{"format":"mlp-alert-state","formatVersion":2}""");
        var watch = _alerts.Create();

        await watch.OpenAsync(CancellationToken.None);
        await _alerts.LookAsync(watch, 0.7);

        Assert.Contains("but found version 2", watch.CheckHealth().Description, StringComparison.Ordinal);
        await watch.CloseAsync(CancellationToken.None);
    }

    [Fact]
    public async Task OpenAsync_StateOfFormatVersion1_IsRead()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_alerts.StatePath)!);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", "alert-state-v1.json"), _alerts.StatePath);
        _alerts.Options.Rules["odd"] = new AlertRuleOptions { Figure = "count", Threshold = 0 };
        var watch = _alerts.Create();

        await watch.OpenAsync(CancellationToken.None);

        Assert.Equal(("odd", 1.0, AlertSeverity.Warning), (watch.Active[0].Rule, watch.Active[0].Value!.Value, watch.Active[0].Severity));
        Assert.Equal(HealthStatus.Healthy, watch.CheckHealth().Status);
        await watch.CloseAsync(CancellationToken.None);
    }

    [Fact]
    public async Task EvaluateAsync_DiskThatRefuses_TellsAllTheSame()
    {
        var isBroken = true;
        _alerts.Disk = new RecordingDiskSync { OnSync = (_, _) => { if (isBroken) { throw new IOException("No space left on device."); } } };
        var watch = _alerts.Create();
        using var subscription = _alerts.Feed.Subscribe();

        await _alerts.LookAsync(watch, 0.7);
        var health = watch.CheckHealth();
        isBroken = false;
        await _alerts.LookAsync(watch, 0.7);

        Assert.Equal("The state of alerts cannot be written: No space left on device.", health.Description);
        Assert.Equal(HealthStatus.Healthy, watch.CheckHealth().Status);
        Assert.True(File.Exists(_alerts.StatePath));
        _alerts.Feed.End();
        Assert.Single(await ReadAsync(subscription));
    }

    [Fact]
    public async Task EvaluateAsync_FiguresThatFail_AreSaidOnceAndHealWithTheNextLook()
    {
        var watch = _alerts.Create();
        _alerts.Figures.Failure = new InvalidOperationException("Boom.");

        await watch.EvaluateAsync(CancellationToken.None);
        await watch.EvaluateAsync(CancellationToken.None);
        var health = watch.CheckHealth();
        _alerts.Figures.Failure = null;
        await _alerts.LookAsync(watch, 0.7);

        Assert.Equal("Expected figures of ScriptedFigures, but computing them failed: Boom.", health.Description);
        Assert.Single(_alerts.Log.Lines, l => l.Level == LogLevel.Error);
        Assert.Equal(HealthStatus.Healthy, watch.CheckHealth().Status);
        Assert.Single(watch.Active);
    }

    [Fact]
    public async Task EvaluateAsync_NothingChanged_WritesNothing()
    {
        var disk = new RecordingDiskSync();
        _alerts.Disk = disk;
        var watch = _alerts.Create();
        await _alerts.LookAsync(watch, 0.7);
        var calls = disk.Calls.Count;

        await _alerts.LookAsync(watch, 0.7);
        await _alerts.LookAsync(watch, 0.6);

        Assert.Equal(calls, disk.Calls.Count);
    }

    [Fact]
    public async Task EvaluateAsync_RuleWithAFallback_MovesTheAliasOncePerFiring()
    {
        var registry = await PublishAsync(3);
        await registry.SetAliasAsync("tips", "champion", 2, 0);
        _alerts.Options.Rules["auc"].Fallback = new AlertFallbackOptions { ToVersion = 1 };
        var watch = _alerts.Create(registry);

        await _alerts.LookAsync(watch, 0.7, version: 2);
        var moved = registry.FindAlias("tips", "champion")!;
        await registry.SetAliasAsync("tips", "champion", 2, moved.Revision, "I know better");
        await _alerts.LookAsync(watch, 0.6, version: 2);

        Assert.Equal((1, 2), (moved.Version, registry.FindAlias("tips", "champion")!.Version));
        Assert.StartsWith("alert 'auc' (", moved.Reason, StringComparison.Ordinal);
        Assert.Single(_alerts.Log.Lines, l => l.Message.Contains("has taken version 2 of model tips out of service: alias champion points at version 1 now.", StringComparison.Ordinal));
        await _alerts.LookAsync(watch, 0.9, version: 2);
        await _alerts.LookAsync(watch, 0.7, version: 2);
        Assert.Equal(1, registry.FindAlias("tips", "champion")!.Version);
    }

    [Fact]
    public async Task EvaluateAsync_AliasThatPointsElsewhere_IsLeftAlone()
    {
        var registry = await PublishAsync(3);
        await registry.SetAliasAsync("tips", "champion", 3, 0);
        await registry.SetAliasAsync("tips", "good", 1, 0);
        _alerts.Options.Rules["auc"].Fallback = new AlertFallbackOptions { ToAlias = "good" };
        var watch = _alerts.Create(registry);

        await _alerts.LookAsync(watch, 0.7, version: 2);

        Assert.Equal(3, registry.FindAlias("tips", "champion")!.Version);
        Assert.Contains(_alerts.Log.Lines, l => l.Message.Contains("leaves alias champion of model tips as it is", StringComparison.Ordinal));
    }

    [Fact]
    public async Task EvaluateAsync_TargetThatIsNotThere_IsSaidAndChangesNothing()
    {
        var registry = await PublishAsync(2);
        await registry.SetAliasAsync("tips", "champion", 2, 0);
        _alerts.Options.Rules["auc"].Fallback = new AlertFallbackOptions { ToAlias = "good" };
        var watch = _alerts.Create(registry);

        await _alerts.LookAsync(watch, 0.7, version: 2);

        Assert.Equal(2, registry.FindAlias("tips", "champion")!.Version);
        Assert.Contains(_alerts.Log.Lines, l => l.Level == LogLevel.Error && l.Message.Contains("the version of alias 'good' is not there, or is the same.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OpenAsync_AliasThatCouldNotBeMoved_IsMovedAfterTheRestart()
    {
        var registry = await PublishAsync(2);
        await registry.SetAliasAsync("tips", "champion", 2, 0);
        _alerts.Options.Rules["auc"].Fallback = new AlertFallbackOptions { ToVersion = 1 };

        var failing = FailingRegistry.Over(registry);
        await _alerts.LookAsync(_alerts.Create(failing), 0.7, version: 2);

        Assert.Equal(2, registry.FindAlias("tips", "champion")!.Version);
        var second = _alerts.Create(registry);
        await second.OpenAsync(CancellationToken.None);
        await _alerts.LookAsync(second, 0.7, version: 2);
        await second.CloseAsync(CancellationToken.None);

        Assert.Equal(1, registry.FindAlias("tips", "champion")!.Version);
    }

    [Fact]
    public async Task Kill_WhileAlertsComeAndGo_LeavesTheStateOfALook()
    {
        using var folder = new TempDirectory();
        var last = 0; // The last number whose look was over.
        for (var round = 0; round < TestRounds.Count; round++)
        {
            using var child = ChildProcess.StartScenario("alerts", folder.FullName);
            for (var i = 0; i < 3 + (7 * round % 20); i++)
            {
                last = int.Parse((await child.ReadLineAsync())!, System.Globalization.CultureInfo.InvariantCulture);
            }

            var rest = await child.KillAsync();
            last = rest.Count > 0 ? int.Parse(rest[^1], System.Globalization.CultureInfo.InvariantCulture) : last;
            var state = new AlertStateFile(folder.Combine("alerts"), Mlp.Runtime.Storage.DiskSync.Instance).Read()!;
            var instance = Assert.Single(state.Instances);

            var number = (int)Math.Abs(instance.Value);

            Assert.InRange(number, last, last + 1);
            Assert.Equal(number % 2 == 1, instance.Fired is not null);
            Assert.Equal(instance.Value, state.Deliveries[^1].Alert.Value);
            Assert.Equal(Math.Min(50, number), state.Deliveries.Count);
        }
    }

    private static async Task<List<Alert>> ReadAsync(AlertSubscription subscription)
    {
        var alerts = new List<Alert>();
        await foreach (var alert in subscription)
        {
            alerts.Add(alert);
        }

        return alerts;
    }

    private async Task<FileModelRegistry> PublishAsync(int count)
    {
        var registry = new FileModelRegistry(_alerts.Directory, TimeProvider.System, NullLogger<FileModelRegistry>.Instance);
        for (var i = 0; i < count; i++)
        {
            await registry.PublishAsync("tips", new ModelPackage { Onnx = OnnxBytes.Linear(outputs: 1, weight: i), Output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" } });
        }

        return registry;
    }
}
