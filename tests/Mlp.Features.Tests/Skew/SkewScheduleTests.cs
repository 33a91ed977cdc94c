using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Features.Hosting;
using Mlp.Features.Skew;
using Mlp.Features.Tests.Materialization;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Skew;

public sealed class SkewScheduleTests
{
    [Fact]
    public async Task Start_EveryInterval_ChecksAlsoAfterAFailure()
    {
        var clock = new FakeTimeProvider();
        var checks = new SemaphoreSlim(0);
        var number = 0;
        await using var schedule = SkewSchedule.Start(
            _ =>
            {
                number++;
                checks.Release();
                return number == 1 ? throw new IOException("The disk is gone.") : Task.CompletedTask;
            },
            TimeSpan.FromMinutes(5),
            clock,
            NullLogger.Instance);
        for (var i = 0; i < 3; i++)
        {
            Assert.False(await checks.WaitAsync(0));
            clock.Advance(TimeSpan.FromMinutes(5));
            await checks.WaitAsync();
        }

        Assert.Equal(3, number);
    }

    [Fact]
    public async Task DisposeAsync_WhileACheckRuns_EndsIt()
    {
        var clock = new FakeTimeProvider();
        var begun = new TaskCompletionSource();
        var schedule = SkewSchedule.Start(
            async token =>
            {
                begun.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            },
            TimeSpan.FromSeconds(1),
            clock,
            NullLogger.Instance);
        clock.Advance(TimeSpan.FromSeconds(1));
        await begun.Task;
        await schedule.DisposeAsync();
    }

    [Fact]
    public async Task Health_ByWhatTheLastCheckFound_IsHealthyOrDegraded()
    {
        using var temp = new TempDirectory();
        await using var platform = MlPlatform.CreateBuilder().UseDataDirectory(temp.FullName)
            .AddFeatures(f => f.Add<Shop>().AddService("shops", 1, s => s.From<Shop>()).CheckSkew(o => o.Interval = TimeSpan.FromHours(1))).Build();
        await platform.StartAsync();
        Assert.Equal("No skew check has run since the start; 0 rows waiting to be checked, 0 dropped since the last check.", Health().Description);

        await platform.Features.CheckSkewAsync();
        Assert.Equal(HealthStatus.Healthy, Health().Status);
        Assert.Contains("compared 0 values in 0 rows and found no skew", Health().Description, StringComparison.Ordinal);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => platform.Features.CheckSkewAsync(cancelled.Token));
        Assert.Equal(HealthStatus.Healthy, Health().Status);

        var failed = SkewHealth.Of(platform.Features.LastSkewReport, new IOException("The disk is gone."), (1, 0));
        Assert.Equal((HealthStatus.Degraded, "The last skew check failed: The disk is gone."), (failed.Status, failed.Description));
        var unclean = new SkewReport(2, 0, 7, new Dictionary<SkewVerdict, long> { [SkewVerdict.NotRepeatable] = 1, [SkewVerdict.OnlineOnly] = 3 }, []) { CheckedAt = DateTimeOffset.UnixEpoch };
        Assert.Equal(
            "The skew check of 1970-01-01 00:00:00Z found values that a training set would not have: 3 online-only, 1 not-repeatable of 7 values in 2 rows.",
            SkewHealth.Of(unclean, null, default).Description);

        HealthCheckResult Health() => platform.CheckHealth()["skew-check"];
    }

    [Fact]
    public void CheckSkew_IntervalOutOfRange_SaysSo()
        => Assert.Equal(
            "Expected SkewCheckOptions.Interval from 1 second to 1 day, but found 00:00:00.5000000.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new FeaturesBuilder().CheckSkew(o => o.Interval = TimeSpan.FromSeconds(0.5))).Message);
}
