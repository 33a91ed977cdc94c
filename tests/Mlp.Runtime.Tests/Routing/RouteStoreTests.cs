using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Tests.Registry;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Routing;

public sealed class RouteStoreTests : IAsyncLifetime, IDisposable
{
    private const int Writers = 8;

    private readonly TempDirectory _folder = new();
    private readonly FakeTimeProvider _time = new(TestRegistry.Start);

    private FileModelRegistry Registry => TestRegistry.Open(_folder.FullName, time: _time);

    public Task InitializeAsync() => Registry.PublishAsync("m", TestRegistry.Package());

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task SetRouteAsync_ModelThatDoesNotExist_IsRefusedAndLeavesNothing()
    {
        var error = await Assert.ThrowsAsync<ModelNotFoundException>(() => Registry.SetRouteAsync("nope", ModelRoute.ChampionOnly.WithShadow("a"), 0));
        await Assert.ThrowsAsync<ModelNotFoundException>(() => Registry.RemoveRouteAsync("nope", 0));

        Assert.Equal("Expected a published version of model 'nope' for its route, but found none.", error.Message);
        Assert.False(Directory.Exists(_folder.Combine("registry", "models", "nope")));
    }

    [Fact]
    public void WithChallenger_NameThatIsNone_SpeaksOfTheVariant()
    {
        Assert.StartsWith("Expected the name of the variant to be", Assert.Throws<ArgumentException>("name", () => ModelRoute.ChampionOnly.WithChallenger("A B", 0.1)).Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected the name of the shadow to be", Assert.Throws<ArgumentException>("name", () => ModelRoute.ChampionOnly.WithShadow("A B", 0.1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SetRouteAsync_EveryPartOfARoute_IsReadBackByAnotherRegistry()
    {
        var route = new ModelRoute { Salt = "spring" }
            .WithChallenger("challenger", 0.1)
            .WithChallenger("fixed", 0.05, target: 7)
            .WithShadow("candidate", 0.5)
            .WithShadow("old", target: 3)
            .WithCanary("canary", new CanaryPlan { StepBasisPoints = [200, 400], MinimumDuration = TimeSpan.FromHours(1), Confidence = 0.999 }, "next");

        var stored = await Registry.SetRouteAsync("m", route, 0, "spring trial");
        var found = Registry.FindRoute("m")!;

        Assert.Equal((1L, TestRegistry.Start, "spring trial"), (found.Revision, found.ChangedAt, found.Reason));
        Assert.Equal("spring", found.Route!.Salt);
        Assert.Equal(
            [("challenger", RouteTarget.ToAlias("challenger"), 1_000), ("fixed", RouteTarget.ToVersion(7), 500), ("canary", RouteTarget.ToAlias("next"), 200)],
            found.Route.Variants.Select(v => (v.Name, v.Target, v.ShareBasisPoints)));
        Assert.Equal([new BucketRange(0, 1_000)], found.Route.Variants[0].Buckets);
        Assert.Equal([("candidate", 0.5), ("old", 1.0)], found.Route.Shadows.Select(s => (s.Name, s.SampleRate)));
        var canary = found.Route.Canary!;
        Assert.Equal(("canary", 0, CanaryStatus.Running, TestRegistry.Start), (canary.Variant, canary.Step, canary.Status, canary.StepStartedAt!.Value));
        Assert.Equal([200, 400], canary.Plan.StepBasisPoints);
        Assert.Equal((TimeSpan.FromHours(1), 0.999, 500L, 2.0), (canary.Plan.MinimumDuration, canary.Plan.Confidence, canary.Plan.MinimumCalls, canary.Plan.MaximumTailRatio));
        Assert.Equal(found.Route.Variants.Select(v => v.Name), stored.Route!.Variants.Select(v => v.Name));
    }

    [Fact]
    public async Task SetRouteAsync_ShareThatGrows_KeepsItsBuckets()
    {
        await Registry.SetRouteAsync("m", ModelRoute.ChampionOnly.WithChallenger("a", 0.1).WithChallenger("b", 0.1), 0);

        // A caller who has never seen the buckets says shares alone.
        var grown = await Registry.SetRouteAsync("m", ModelRoute.ChampionOnly.WithChallenger("b", 0.1).WithChallenger("a", 0.2), 1);

        Assert.Equal([new BucketRange(1_000, 2_000)], grown.Route!.FindVariant("b")!.Buckets);
        Assert.Equal([new BucketRange(0, 1_000), new BucketRange(2_000, 3_000)], grown.Route.FindVariant("a")!.Buckets);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 1)]
    public async Task SetRouteAsync_AnotherRevisionThanFound_Conflicts(long expected, long actual)
    {
        await Registry.SetRouteAsync("m", ModelRoute.ChampionOnly, 0);

        var error = await Assert.ThrowsAsync<RouteConflictException>(() => Registry.SetRouteAsync("m", ModelRoute.ChampionOnly, expected));

        Assert.Equal(("m", expected, actual, true), (error.Model, error.ExpectedRevision, error.ActualRevision, error.IsTransient));
    }

    [Fact]
    public async Task RemoveRouteAsync_ThenSetAgain_GoesOnWithTheHistory()
    {
        await Registry.SetRouteAsync("m", ModelRoute.ChampionOnly.WithShadow("a"), 0, "first");
        await Registry.RemoveRouteAsync("m", 1, "no longer");
        Assert.Null(Registry.FindRoute("m"));

        var again = await Registry.SetRouteAsync("m", ModelRoute.ChampionOnly, 0, "again");

        Assert.Equal(3, again.Revision);
        Assert.Equal([(1L, false, "first"), (2, true, "no longer"), (3, false, "again")], Registry.ListRouteChanges("m").Select(c => (c.Revision, c.Route is null, c.Reason!)));
        Assert.Empty(Registry.ListRouteChanges("other"));
    }

    [Fact]
    public async Task Change_AllHaveSeenTheSameRevision_ExactlyOneWins()
    {
        for (var revision = 0L; revision < TestRounds.Count; revision++)
        {
            // Nobody writes before everybody has compared.
            using var compared = new Barrier(Writers);
            var seen = revision;
            var results = await Task.WhenAll(Enumerable.Range(0, Writers).Select(i => Task.Factory.StartNew(
                () => TryChange(Store(compared), i, seen), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

            var winner = Assert.Single(results, r => r is not null)!;
            Assert.Equal((revision + 1, winner.Reason), (Store(null).Find("m")!.Revision, Store(null).Find("m")!.Reason));
        }
    }

    public static TheoryData<ModelRoute, string> Broken => new()
    {
        { ModelRoute.ChampionOnly.WithChallenger("a", 0.6).WithChallenger("b", 0.5), "Expected the shares of the challengers to be at most 10000 basis points together, but found 11000." },
        { new ModelRoute { Shadows = [new RouteShadow { Name = "a", Target = "a", SampleRate = 0 }] }, "Expected shadow 'a' to have a sample rate above 0 and up to 1, but found 0." },
        { new ModelRoute { Shadows = [Shadow(), Shadow()] }, "Expected the shadows of a route to have names of their own, but found 'a' twice." },
        { new ModelRoute { Variants = [new RouteVariant { Name = "A", Target = "a", ShareBasisPoints = 1 }] }, "Expected the name of the variant to be 1 to 100 lower-case letters" },
        { ModelRoute.ChampionOnly.WithCanary("a") with { Variants = [] }, "Expected the canary to be a variant of the route, but found no variant 'a'." },
        { ModelRoute.ChampionOnly.WithCanary("a").WithChallenger("b", 0.5), "Expected the last step of the canary to leave the champion a share to compare with, but found 5000 basis points beside 5000 of other challengers." },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task SetRouteAsync_RouteThatIsNotWhole_IsRefusedWithASentence(ModelRoute route, string sentence)
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => Registry.SetRouteAsync("m", route, 0));

        Assert.StartsWith(sentence, error.Message, StringComparison.Ordinal);
        Assert.Empty(Registry.ListRouteChanges("m"));
    }

    [Fact]
    public void FindRoute_CommittedFixtureOfFormatOne_IsRead()
    {
        var folder = Directory.CreateDirectory(_folder.Combine("registry", "models", "m", "route")).FullName;
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Routing", "Fixtures", "route-v1.json"), Path.Combine(folder, "4.json"));

        var found = Registry.FindRoute("m")!;

        Assert.Equal((4L, "step 2"), (found.Revision, found.Reason));
        Assert.Equal([new BucketRange(0, 100), new BucketRange(1_100, 1_500)], found.Route!.FindVariant("canary")!.Buckets);
        Assert.Equal((1, 9, CanaryStatus.Running), (found.Route.Canary!.Step, found.Route.Canary.Version, found.Route.Canary.Status));
        Assert.Equal(TimeSpan.FromMinutes(5), found.Route.Canary.Plan.MinimumDuration);
        Assert.True(BucketAssignment.IsWhole(found.Route));
    }

    [Theory]
    [InlineData("\"formatVersion\": 1", "\"formatVersion\": 2", typeof(UnsupportedFormatVersionException))]
    [InlineData("mlp-model-route", "mlp-model-alias", typeof(CorruptFileException))]
    [InlineData("\"revision\": 4", "\"revision\": 5", typeof(CorruptFileException))]
    [InlineData("\"shareBasisPoints\": 500", "\"shareBasisPoints\": 50000", typeof(CorruptFileException))]
    public void FindRoute_AnotherFile_IsRefused(string text, string replacement, Type error)
    {
        var folder = Directory.CreateDirectory(_folder.Combine("registry", "models", "m", "route")).FullName;
        var json = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Routing", "Fixtures", "route-v1.json"));
        File.WriteAllText(Path.Combine(folder, "4.json"), json.Replace(text, replacement, StringComparison.Ordinal));

        Assert.Throws(error, () => Registry.FindRoute("m"));
    }

    private static RouteShadow Shadow() => new() { Name = "a", Target = "a", SampleRate = 1 };

    private static StoredRoute? TryChange(RouteStore store, int writer, long revision)
    {
        try
        {
            return store.Change("m", ModelRoute.ChampionOnly, revision, TestRegistry.Start, FormattableString.Invariant($"writer {writer}"));
        }
        catch (RouteConflictException)
        {
            return null;
        }
    }

    private RouteStore Store(Barrier? compared)
    {
        var waiting = compared;
        return new RouteStore(new RegistryPaths(_folder.FullName), new RecordingDiskSync
        {
            OnSync = (_, _) => Assert.True(Interlocked.Exchange(ref waiting, null)?.SignalAndWait(TimeSpan.FromMinutes(1)) ?? true),
        });
    }
}
