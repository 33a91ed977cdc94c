using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Routing;

/// <summary>A platform whose versions 1, 2, 3 answer one feature of value 1 with the logistic of their number; aliases champion, challenger and candidate point at them in that order.</summary>
internal static class RoutedPlatform
{
    public static async Task<TestPlatform> ServeAsync(
        Action<ModelOptions>? configure = null, TimeProvider? time = null, int versions = 3, TestFeatures? features = null, params IPredictionObserver[] observers)
    {
        features ??= TestFeatures.Floats(1);
        var platform = new TestPlatform(time, features, observers);
        platform.AddModel(ModelName, o =>
        {
            (o.PoolSize, o.AliasPollInterval) = (3, TimeSpan.FromMilliseconds(10));
            configure?.Invoke(o);
        });
        string[] aliases = ["champion", "challenger", "candidate"];
        for (var version = 1; version <= versions; version++)
        {
            await platform.PublishAsync(Package(TestGraphs.Logistic(version), Binary(), features.Description), aliases[version - 1]);
        }

        await platform.Catalog.OpenAsync(CancellationToken.None);
        return platform;
    }

    /// <summary>Stores a route in the place of the one there is, and waits until it is in force with all its versions.</summary>
    public static async Task<StoredRoute> RouteAsync(this TestPlatform platform, ModelRoute route, string? reason = null)
    {
        var stored = await platform.Registry.SetRouteAsync(ModelName, route, platform.Registry.FindRoute(ModelName)?.Revision ?? 0, reason);
        await UntilAsync(() => platform.Model.Route is { } found
            && found.Revision >= stored.Revision && found.Variants.All(v => v.Version is not null) && found.Shadows.All(s => s.Version is not null));
        return stored;
    }

    /// <summary>Waits for what other threads are about to do; what takes minutes has gone wrong.</summary>
    public static async Task UntilAsync(Func<bool> isDone, Func<string>? found = null)
    {
        for (var i = 0; !isDone(); i++)
        {
            Assert.True(i < 100_000, found?.Invoke() ?? "What the test waits for has not come.");
            await Task.Delay(1);
        }
    }

    public static ValueTask<Prediction> PredictAsync(this IModel model, string company, PredictionOptions options = default)
        => model.PredictAsync(new EntityValue[] { company }, options);

    /// <summary>What version v answers.</summary>
    public static double ScoreOf(int version) => 1 / (1 + Math.Exp(-version));
}
