using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;
using static Mlp.Runtime.Tests.Routing.RoutedPlatform;

namespace Mlp.Runtime.Tests.Routing;

/// <summary>A canary on a platform, from its first call to its end.</summary>
public sealed class CanaryRunTests
{
    private static readonly CanaryPlan Quick = new()
    {
        StepBasisPoints = [1_000, 5_000],
        MinimumCalls = 30,
        MinimumDuration = TimeSpan.Zero,
        MaximumMedianRatio = 1_000,
        MaximumTailRatio = 1_000,
        LatencyTolerance = TimeSpan.FromMinutes(1),
    };

    [Fact]
    public async Task Canary_AsGoodAsTheChampion_BecomesItWithoutAFailedCall()
    {
        await using var platform = await ServeAsync();
        await platform.RouteAsync(ModelRoute.ChampionOnly.WithCanary("challenger", Quick));

        for (var i = 0; platform.Model.Manifest!.Version == 1 || platform.Model.Route.Route.Canary is not null; i++)
        {
            var prediction = await platform.Model.PredictAsync(FormattableString.Invariant($"company {i % 500}"));
            Assert.Equal(ScoreOf(prediction.ModelVersion), prediction.Score, 1e-6);
            if (i % 100 == 0)
            {
                await Task.Delay(1);
            }
        }

        Assert.Equal((2, "champion"), ((await platform.Model.PredictAsync("a")).ModelVersion, (await platform.Model.PredictAsync("a")).Variant));
        Assert.Single(platform.Model.Route.Variants);
        Assert.Contains(platform.Registry.ListRouteChanges(ModelName), c => c.Route!.Canary is { Step: 1 });
    }

    [Fact]
    public async Task Canary_ThatFails_IsTakenOffAndHealthSaysWhy()
    {
        // The canary refuses every text that it does not know.
        var features = new TestFeatures([new("c", FeatureType.String, "view")], new KeyColumn("company", EntityValueKind.String))
        {
            Write = static (keys, _, rows) =>
            {
                rows.SetString(0, 0, keys.Span[0].AsString());
                rows.Status.Fill(FeatureStatus.Present);
            },
        };
        await using var platform = new TestPlatform(features: features);
        platform.AddModel(ModelName, o => o.AliasPollInterval = TimeSpan.FromMilliseconds(10));
        await platform.PublishAsync(Package(TestGraphs.Any(features.Description.Layout, withStatus: false, asColumns: true), Regression(), features.Description));
        await platform.PublishAsync(Package(TestGraphs.RefusesUnknown(), Regression(), features.Description), "challenger");
        await platform.Catalog.OpenAsync(CancellationToken.None);
        await platform.RouteAsync(ModelRoute.ChampionOnly.WithCanary("challenger", Quick));

        var failed = 0;
        for (var i = 0; platform.Model.Route.Route.Canary!.Status == CanaryStatus.Running; i++)
        {
            try
            {
                await platform.Model.PredictAsync(FormattableString.Invariant($"company {i % 500}"));
            }
            catch (InferenceFailedException e)
            {
                Assert.Equal(2, e.Version);
                failed++;
            }

            if (i % 50 == 0)
            {
                await Task.Delay(1);
            }
        }

        Assert.True(failed >= 16);
        for (var i = 0; i < 500; i++)
        {
            Assert.Equal("champion", (await platform.Model.PredictAsync(FormattableString.Invariant($"company {i}"))).Variant);
        }

        var route = platform.Model.Route;
        Assert.Equal((CanaryStatus.Aborted, 0), (route.Canary!.State.Status, route.Route.FindVariant("challenger")!.ShareBasisPoints));
        Assert.Equal(route.Canary.State.Reason, platform.Registry.FindRoute(ModelName)!.Reason);
        var health = platform.Catalog.CheckHealth();
        Assert.Equal(HealthStatus.Degraded, health.Status);
        Assert.StartsWith("Canary 'challenger' of model 'tips' was aborted: Expected at most 5.00 % of the canary's calls to fail", health.Description, StringComparison.Ordinal);
    }
}
