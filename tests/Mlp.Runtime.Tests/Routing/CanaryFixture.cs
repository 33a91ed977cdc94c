using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Tests.Inference;
using Mlp.Runtime.Tests.Registry;
using Mlp.Runtime.Versions;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Routing;

/// <summary>A champion (version 1) and a canary (version 2) on stub engines, the registry they belong to, and one or more processes that judge them.</summary>
internal sealed class CanaryFixture : IDisposable
{
    public const string Name = TestPlatform.ModelName;

    public static readonly CanaryPlan Plan = new() { StepBasisPoints = [100, 1_000], MinimumCalls = 100, MinimumDuration = TimeSpan.FromMinutes(1) };

    private readonly TempDirectory _folder = new();
    private readonly PredictionClock _clock;

    public CanaryFixture(VersionSelector? champion = null)
    {
        _clock = new PredictionClock(Time);
        Registry = TestRegistry.Open(_folder.FullName, time: Time);
        Champion = new ServingTarget(Name, champion ?? VersionSelector.FromAlias("champion")) { Seat = new RouteSeat(null, null) };
        Canary = new ServingTarget(Name, VersionSelector.FromAlias("next"), "canary") { Seat = new RouteSeat(null, null) };
        Champion.Publish(StubEngine.Serve(ChampionEngine, 1, "champion", _clock));
        Canary.Publish(StubEngine.Serve(CanaryEngine, 2, "canary", _clock));
    }

    public FakeTimeProvider Time { get; } = new(TestRegistry.Start);

    public FileModelRegistry Registry { get; }

    public ServingTarget Champion { get; }

    public ServingTarget Canary { get; }

    public StubEngine ChampionEngine { get; } = new();

    public StubEngine CanaryEngine { get; } = new();

    public StoredRoute Stored => Registry.FindRoute(Name)!;

    /// <summary>Publishes three versions and begins the canary.</summary>
    public async Task<CanaryController> BeginAsync(CanaryPlan? plan = null)
    {
        for (var version = 1; version <= 3; version++)
        {
            await Registry.PublishAsync(Name, TestRegistry.Package(version));
        }

        await Registry.SetAliasAsync(Name, "champion", 1, 0);
        await Registry.SetAliasAsync(Name, "next", 2, 0);
        await Registry.SetRouteAsync(Name, ModelRoute.ChampionOnly.WithChallenger("other", 0.05).WithCanary("canary", plan ?? Plan, "next"), 0, "try it");
        var controller = Judge();
        Assert.True(await LookAsync(controller), "The version of the canary is written down.");
        Assert.False(await LookAsync(controller));
        return controller;
    }

    /// <summary>Another process.</summary>
    public CanaryController Judge() => new(Champion, Registry, Time, NullLogger.Instance);

    public Task<bool> LookAsync(CanaryController controller) => LookAsync(controller, Stored);

    public Task<bool> LookAsync(CanaryController controller, StoredRoute stored) => controller.LookAsync(stored, v => v == "canary" ? Canary : null, CancellationToken.None);

    /// <summary>Calls a version.</summary>
    public void Call(ServingTarget target, int count, int failures = 0, TimeSpan latency = default)
    {
        var engine = target == Champion ? ChampionEngine : CanaryEngine;
        var version = target.Current!;
        for (var i = 0; i < count; i++)
        {
            engine.OnRun = _ =>
            {
                Time.Advance(latency);
                if (i < failures)
                {
                    throw new InvalidOperationException("The engine has failed, as the test wants.");
                }
            };
            Assert.True(version.Singles.TryRent(out var slot));
            try
            {
                version.Features.Predict(slot, new CallContext(_clock.GetTimestamp(), 0, 0, default), [1], CancellationToken.None);
            }
            catch (InvalidOperationException) when (i < failures)
            {
                // Counted.
            }
        }
    }

    /// <summary>As many calls and as much time as a step needs.</summary>
    public void PassStep()
    {
        Call(Champion, 1_000);
        Call(Canary, 100);
        Time.Advance(Plan.MinimumDuration);
    }

    public void PublishCanary(int version) => Canary.Publish(StubEngine.Serve(CanaryEngine, version, "canary", _clock));

    public void Dispose() => _folder.Dispose();
}
