using Microsoft.Extensions.DependencyInjection;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Tests.Inference;
using Mlp.TestSupport;
using static Mlp.Runtime.Tests.Inference.TestPlatform;
using static Mlp.Runtime.Tests.Routing.RoutedPlatform;

namespace Mlp.Runtime.Tests.Routing;

public sealed class ModelRoutingTests
{
    private readonly record struct Keys(string? Company);

    private readonly record struct Features(float F0);

    private readonly record struct Answer(double Score, int ModelVersion, string Variant);

    [Fact]
    public async Task PredictAsync_TenPercent_IsSharedOutByEntityAndCarriesItsVariant()
    {
        await using var platform = await ServeAsync(o => o.WithChallenger("challenger", share: 0.1));
        var hash = new StickyHash(ModelName);
        var challenged = 0;

        for (var i = 0; i < 5_000; i++)
        {
            var company = FormattableString.Invariant($"company {i}");
            var prediction = await platform.Model.PredictAsync(company);

            var expected = hash.BucketOf([company]) < 1_000 ? (2, "challenger") : (1, "champion");
            Assert.Equal(expected, (prediction.ModelVersion, prediction.Variant));
            Assert.Equal(ScoreOf(prediction.ModelVersion), prediction.Score, 1e-6);
            challenged += prediction.ModelVersion == 2 ? 1 : 0;
        }

        // Four standard deviations of a binomial distribution.
        Assert.InRange(challenged, 500 - 85, 500 + 85);
        Assert.Equal([5_000 - challenged, challenged], platform.Model.Route.Variants.Select(v => v.Calls));
    }

    [Fact]
    public async Task PredictAsync_ShareThatGrows_KeepsWhomItHad()
    {
        await using var platform = await ServeAsync();
        await platform.RouteAsync(ModelRoute.ChampionOnly.WithChallenger("challenger", 0.1));
        var first = await ChallengedAsync();
        await platform.RouteAsync(platform.Model.Route.Route.WithChallenger("challenger", 0.2));
        var second = await ChallengedAsync();

        Assert.NotEmpty(first);
        Assert.Subset(second, first);
        Assert.True(second.Count > first.Count);

        async Task<HashSet<int>> ChallengedAsync()
        {
            var found = new HashSet<int>();
            for (var i = 0; i < 500; i++)
            {
                if ((await platform.Model.PredictAsync(FormattableString.Invariant($"company {i}"))).Variant == "challenger")
                {
                    found.Add(i);
                }
            }

            return found;
        }
    }

    [Fact]
    public async Task PredictAsync_SameKeyInEveryForm_GetsTheSameVariant()
    {
        await using var platform = await ServeAsync(o => o.WithChallenger("challenger", 0.5));
        for (var i = 0; i < 50; i++)
        {
            var company = FormattableString.Invariant($"company {i}");
            string[] variants =
            [
                (await platform.Model.PredictAsync(new Keys(company))).Variant,
                (await platform.Model.PredictAsync(company, default)).Variant,
                (await platform.Model.PredictAsync(new EntityValue[] { company }.AsMemory())).Variant,
                (await platform.Model.PredictAsync("another", new PredictionOptions { RoutingKey = company })).Variant,
                platform.Model.Predict([1], new PredictionOptions { RoutingKey = company }).Variant,
            ];
            Assert.Single(variants.Distinct());
        }
    }

    [Fact]
    public async Task PredictAsync_NullKey_IsAKeyLikeAnyOther()
    {
        await using var platform = await ServeAsync(o => o.WithChallenger("challenger", 0.5));
        var expected = new StickyHash(ModelName).BucketOf([default]) < 5_000 ? "challenger" : "champion";

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(expected, (await platform.Model.PredictAsync(new Keys(null))).Variant);
        }
    }

    [Fact]
    public async Task Predict_WithoutKeys_IsSharedOutExactlyInTheLongRun()
    {
        await using var platform = await ServeAsync(o => o.WithChallenger("challenger", 0.25));
        var rows = new FeatureRows(platform.Model.Description!.Layout, 2);
        rows.Reset(2);
        rows.Float32.Fill(1);
        rows.Status.Fill(FeatureStatus.Present);
        var results = new Prediction[2];
        var records = platform.Model.As<Features, Answer>();
        var counts = new int[3];
        for (var i = 0; i < 4_000; i++)
        {
            counts[0] += platform.Model.Predict([1]).Variant == "challenger" ? 1 : 0;
            platform.Model.Predict(rows, results);
            counts[1] += results[0].Variant == "challenger" ? 1 : 0;
            Assert.Equal(results[0].ModelVersion, results[1].ModelVersion);
            var answer = records.Predict(new Features(1));
            counts[2] += answer.Variant == "challenger" ? 1 : 0;
            Assert.Equal(ScoreOf(answer.ModelVersion), answer.Score, 1e-6);
        }

        Assert.All(counts, c => Assert.InRange(c, 990, 1_010));
    }

    [Fact]
    public async Task PredictAsync_AliasThatDoesNotExist_LeavesTheCallToTheChampionAndDegradesHealth()
    {
        await using var platform = await ServeAsync(o => o.WithChallenger("challenger", 1), versions: 1);

        Assert.Equal(1, (await platform.Model.PredictAsync("a")).ModelVersion);
        var health = platform.Catalog.CheckHealth();
        Assert.Equal(Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Degraded, health.Status);
        Assert.Equal(
            "Expected model 'tips' to serve alias 'challenger', but alias 'challenger' does not exist yet; the champion answers the share of 'challenger'.", health.Description);

        await platform.PublishAsync(Package(TestGraphs.Logistic(2), Binary(), TestFeatures.Floats(1).Description), "challenger");
        await UntilAsync(() => platform.Model.Route.Variants[1].Version == 2);
        Assert.Equal((2, "challenger"), ((await platform.Model.PredictAsync("a")).ModelVersion, (await platform.Model.PredictAsync("a")).Variant));
        await UntilAsync(() => platform.Catalog.CheckHealth().Status == Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy);
    }

    [Fact]
    public async Task PredictAsync_VersionThatServesInTurnsAsBoth_IsToldByItsRole()
    {
        var observer = new TestObserver();
        await using var platform = await ServeAsync(o => o.WithChallenger("challenger", 1), observers: observer);
        Assert.Equal((2, "challenger"), await AskAsync());

        await platform.MoveAsync(2);
        await platform.MoveAsync(1, "challenger");
        await UntilAsync(() => platform.Model.Route.Variants.Select(v => v.Version).SequenceEqual([2, 1]));
        Assert.Equal((1, "challenger"), await AskAsync());

        await platform.RouteAsync(ModelRoute.ChampionOnly);
        Assert.Equal((2, "champion"), await AskAsync());
        Assert.Contains(observer.Attached, a => (a.Manifest.Version, a.Variant) == (2, "champion"));
        Assert.Contains(observer.Attached, a => (a.Manifest.Version, a.Variant) == (1, "challenger"));

        async Task<(int, string)> AskAsync()
        {
            var prediction = await platform.Model.PredictAsync("a");
            return (prediction.ModelVersion, prediction.Variant);
        }
    }

    [Fact]
    public async Task Route_StoredByAnotherProcess_IsFollowedAndRemovedAgain()
    {
        await using var platform = await ServeAsync(o => o.WithChallenger("challenger", 0.1));
        var other = Registry.TestRegistry.Open(Path.GetDirectoryName(platform.RegistryPath)!, time: TimeProvider.System);
        Assert.Null(platform.Model.Route.Revision);

        var stored = await other.SetRouteAsync(ModelName, ModelRoute.ChampionOnly.WithChallenger("candidate", 1), 0, "try 3");
        await UntilAsync(() => platform.Model.Route is { Revision: 1 } route && route.Variants[^1].Version == 3);
        Assert.Equal((3, "candidate"), ((await platform.Model.PredictAsync("a")).ModelVersion, (await platform.Model.PredictAsync("a")).Variant));

        await other.RemoveRouteAsync(ModelName, stored.Revision, "done");
        await UntilAsync(() => platform.Model.Route.Revision is null && platform.Model.Route.Variants[^1].Version == 2);
        Assert.Equal([("champion", 0.9), ("challenger", 0.1)], platform.Model.Route.Variants.Select(v => (v.Name, v.Share)));
        Assert.Equal(["try 3", "done"], other.ListRouteChanges(ModelName).Select(c => c.Reason));
    }

    [Fact]
    public async Task Route_TwoPlatformsOnOneRegistry_ShareOutAlike()
    {
        await using var platform = await ServeAsync();
        var stored = await platform.RouteAsync(ModelRoute.ChampionOnly.WithChallenger("challenger", 0.3).WithChallenger("candidate", 0.3));
        await using var other = await ServeAsync();
        await other.RouteAsync(stored.Route!);
        for (var i = 0; i < 200; i++)
        {
            var company = FormattableString.Invariant($"company {i}");
            Assert.Equal((await platform.Model.PredictAsync(company)).Variant, (await other.Model.PredictAsync(company)).Variant);
        }
    }

    [Fact]
    public async Task PredictAsync_ChallengerWithOtherFeatures_AnswersEntitiesFromItsOwnRowAndLeavesRowsToTheChampion()
    {
        var narrow = TestFeatures.Floats(1);
        var wide = TestFeatures.Floats(2);
        wide.Description = wide.Description with { Name = "wide" };
        await using var platform = new TestPlatform(features: new TwoServices(narrow, wide));
        platform.AddModel(ModelName, o => o.WithChallenger("challenger", 1));
        await platform.PublishAsync(Package(TestGraphs.Logistic(1), Binary(), narrow.Description));
        await platform.PublishAsync(Package(TestGraphs.Logistic(1, 1), Binary(), wide.Description), "challenger");
        await platform.Catalog.OpenAsync(CancellationToken.None);

        var byKey = await platform.Model.PredictAsync("a");
        var byRow = platform.Model.Predict([1]);

        Assert.Equal(2, byKey.ModelVersion);
        Assert.Equal(ScoreOf(2), byKey.Score, 1e-6);
        Assert.Equal((1, "champion"), (byRow.ModelVersion, byRow.Variant));
    }

    [Fact]
    public async Task Predict_ChallengerAndShadowThatTakeOtherFeaturesThanTheChampion_DegradeHealthAndSayWhich()
    {
        await using var platform = new TestPlatform();
        platform.AddModel(ModelName, o => o.WithChallenger("challenger", 0.5).WithShadow("candidate"));
        await platform.PublishAsync(Package(TestGraphs.Logistic(1, 1, 1), Binary()));
        await platform.PublishAsync(Package(TestGraphs.Logistic(2), Binary()), "challenger");
        await platform.MoveAsync(2, "candidate");
        await platform.Catalog.OpenAsync(CancellationToken.None);
        await UntilAsync(() => platform.Model.Route.Shadows[0].Version == 2);

        Assert.Equal("champion", platform.Model.Predict([1, 1, 1]).Variant);
        string[] expected =
        [
            "Expected 'challenger' of model 'tips' to take the calls of the champion, but version 2 cannot: the features differ from those of version 1: expected feature 0 to be 'x' of type Float32, but found 'x[0]' of type Float32; the champion answers the share of 'challenger'.",
            "Expected 'shadow:candidate' of model 'tips' to take the calls of the champion, but version 2 cannot: the features differ from those of version 1: expected feature 0 to be 'x' of type Float32, but found 'x[0]' of type Float32; shadow 'candidate' sees nothing.",
        ];
        Assert.Equal(expected, platform.Model.Route.Problems);
        Assert.Equal(Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Degraded, platform.Catalog.CheckHealth().Status);

        await platform.PublishAsync(Package(TestGraphs.Logistic(2, 2, 2), Binary()), "challenger");
        await platform.MoveAsync(3, "candidate");
        await UntilAsync(() => platform.Model.Route.Problems.Count == 0);
    }

    [Fact]
    public async Task Route_CanaryThatCannotBeAsked_SaysSoInPlaceOfCountingCalls()
    {
        await using var platform = new TestPlatform();
        platform.AddModel(ModelName);
        await platform.PublishAsync(Package(TestGraphs.Logistic(1, 1, 1), Binary()));
        await platform.PublishAsync(Package(TestGraphs.Logistic(2), Binary()), "next");
        await platform.Catalog.OpenAsync(CancellationToken.None);
        await platform.RouteAsync(ModelRoute.ChampionOnly.WithCanary("canary", new CanaryPlan { MinimumCalls = 50 }, "next"));

        Assert.Contains("version 2 cannot: the features differ", platform.Model.Route.Canary!.Holding, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predict_OnlyRowsForAChallengerWithAnotherService_AreSaidToPassItOver()
    {
        var narrow = TestFeatures.Floats(1);
        var wide = TestFeatures.Floats(2);
        wide.Description = wide.Description with { Name = "wide" };
        await using var platform = new TestPlatform(features: new TwoServices(narrow, wide));
        platform.AddModel(ModelName, o => o.WithChallenger("challenger", 1));
        await platform.PublishAsync(Package(TestGraphs.Logistic(1), Binary(), narrow.Description));
        await platform.PublishAsync(Package(TestGraphs.Logistic(1, 1), Binary(), wide.Description), "challenger");
        await platform.Catalog.OpenAsync(CancellationToken.None);
        await UntilAsync(() => platform.Model.Route.Variants[1].Version == 2);
        Assert.Empty(platform.Model.Route.Problems);

        platform.Model.Predict([1]);
        Assert.Contains("the features differ", Assert.Single(platform.Model.Route.Problems), StringComparison.Ordinal);

        await platform.Model.PredictAsync("a");
        Assert.Empty(platform.Model.Route.Problems);
    }

    [Fact]
    public async Task PredictAsync_ChallengerWithoutTheRequestOfTheChampion_LeavesTheCallToItAndSaysSo()
    {
        var narrow = TestFeatures.Floats(1).WithRequest((in Keys _, FeatureRows rows, int row) => rows.Float32Of(row)[0] = 1);
        var other = TestFeatures.Floats(1);
        other.Description = other.Description with { Name = "other" };
        await using var platform = new TestPlatform(features: new TwoServices(narrow, other));
        platform.AddModel(ModelName, o => o.WithChallenger("challenger", 1));
        await platform.PublishAsync(Package(TestGraphs.Logistic(1), Binary(), narrow.Description));
        await platform.PublishAsync(Package(TestGraphs.Logistic(2), Binary(), other.Description), "challenger");
        await platform.Catalog.OpenAsync(CancellationToken.None);

        Assert.Equal(1, (await platform.Model.PredictAsync(new EntityValue[] { "a" }, new Keys("x"))).ModelVersion);
        Assert.Contains("to take the calls of the champion", Assert.Single(platform.Model.Route.Problems), StringComparison.Ordinal);
        Assert.Equal(2, (await platform.Model.PredictAsync("a")).ModelVersion);
    }

    [Fact]
    public void Options_ThatAreNoRoute_AreRefusedAtStartWithASentence()
    {
        var services = new ServiceCollection();
        services.AddMlPlatform(ml => ml.AddModel(ModelName, o => o.WithChallenger("a", 0.6).WithChallenger("b", 0.5)));
        using var provider = services.BuildServiceProvider();

        var error = Assert.Throws<Microsoft.Extensions.Options.OptionsValidationException>(() => provider.GetRequiredService<Microsoft.Extensions.Options.IStartupValidator>().Validate());

        Assert.Contains("Expected the shares of the challengers to be at most 10000 basis points together, but found 11000.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Route_ChangedUnderCallers_FailsNoCallAndMixesNoVersions()
    {
        await using var platform = await ServeAsync();
        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, 3).Select(i => Task.Factory.StartNew(
            () => CallAsync(platform.Model, i, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()).ToArray();

        var routes = new[]
        {
            ModelRoute.ChampionOnly.WithChallenger("challenger", 0.5),
            ModelRoute.ChampionOnly.WithChallenger("challenger", 0.2).WithChallenger("candidate", 0.6),
            ModelRoute.ChampionOnly.WithChallenger("candidate", 1).WithShadow("challenger"),
            ModelRoute.ChampionOnly,
            ModelRoute.ChampionOnly.WithShadow("candidate", 0.5),
        };
        for (var round = 0; round < TestRounds.Count * 2; round++)
        {
            await platform.RouteAsync(routes[round % routes.Length]);
            await platform.MoveAsync(1 + (round % 3), "challenger");
            Assert.DoesNotContain(callers, c => c.IsCompleted);
        }

        await stop.CancelAsync();
        var calls = await Task.WhenAll(callers);
        Assert.All(calls, c => Assert.True(c > 0));

        static async Task<int> CallAsync(IModel model, int caller, CancellationToken stop)
        {
            var calls = 0;
            while (calls == 0 || !stop.IsCancellationRequested)
            {
                var prediction = caller == 0
                    ? model.Predict([1], cancellationToken: CancellationToken.None)
                    : await model.PredictAsync(new EntityValue[] { FormattableString.Invariant($"company {calls % 100}") }, cancellationToken: CancellationToken.None);
                Assert.Equal(ScoreOf(prediction.ModelVersion), prediction.Score, 1e-6);
                calls++;
            }

            return calls;
        }
    }

    private sealed class TwoServices(params TestFeatures[] services) : IFeatureSource
    {
        public IFeatureServiceReader? FindService(string name, int? version = null) => services.Select(s => s.FindService(name, version)).OfType<IFeatureServiceReader>().FirstOrDefault();
    }
}
