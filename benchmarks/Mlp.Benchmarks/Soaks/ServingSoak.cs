using System.Diagnostics;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Routing;

namespace Mlp.Benchmarks.Soaks;

/// <summary>
/// <c>serving-soak --seconds 600 --callers 4 --batching 0</c>: everything at once. Callers send rows, records, tables and calls that cannot succeed (cancelled, out of time, of the wrong shape) without a pause, while the alias
/// moves from version to version, a challenger's share comes and goes, and a shadow runs the same rows. Every call must be answered by the version that it says or end as it must, and memory must not grow.
/// To find what grows: <c>--pause 100</c> milliseconds between changes, <c>--swap-every 1</c> and <c>--route-every 5</c> of them (0 for never), <c>--kinds 65535</c>, a bit for each kind of call (<see cref="ServingCaller"/>).
/// </summary>
internal static class ServingSoak
{
    private const string Name = "soaked";
    private const int Versions = 3;
    private const int Challenger = Versions + 1;
    private const int Shadow = Versions + 2;
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs it.</summary>
    /// <param name="arguments">The options.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(SoakArguments arguments)
    {
        var folder = Directory.CreateTempSubdirectory("mlp-soak-");
        try
        {
            await using var platform = MlPlatform.CreateBuilder()
                .UseDataDirectory(folder.FullName)
                .AddModel(Name, o =>
                {
                    o.WithShadow("candidate");
                    if (arguments.Get("batching", 0) != 0)
                    {
                        o.WithDynamicBatching();
                    }
                })
                .Build();
            await platform.StartAsync();
            for (var version = 1; version <= Shadow; version++)
            {
                await platform.Registry.PublishAsync(Name, SoakModels.Constant(version, ServingCaller.Features, width: 256));
            }

            await platform.Registry.SetAliasAsync(Name, "challenger", Challenger, 0);
            await platform.Registry.SetAliasAsync(Name, "candidate", Shadow, 0);
            await platform.Registry.SetAliasAsync(Name, "champion", 1, 0);
            var model = platform.GetModel(Name);
            await model.WaitUntilReadyAsync();
            return await RunAsync(platform, model, arguments);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<int> RunAsync(MlPlatform platform, IModel model, SoakArguments arguments)
    {
        var (seconds, callerCount, kinds) = (arguments.Get("seconds", 600), arguments.Get("callers", 4), arguments.Get("kinds", 0xFFFF));
        var (pause, swapEvery, routeEvery) = (arguments.Get("pause", 100), arguments.Get("swap-every", 1), arguments.Get("route-every", 5));
        using var stop = new CancellationTokenSource();
        var rest = new RestingPlace(callerCount);
        var callers = Enumerable.Range(0, callerCount).Select(i => new ServingCaller(model, rest, i, kinds)).ToList();
        var running = callers.Select(c => Task.Run(() => c.CallUntilAsync(stop.Token))).ToList();
        var report = new SoakReport("seconds", seconds);
        var watch = Stopwatch.StartNew();
        var second = 0;
        var swaps = 0;
        for (var swap = 1; second < seconds; swap++)
        {
            if (swapEvery > 0 && swap % swapEvery == 0)
            {
                await platform.Registry.SetAliasAsync(Name, "champion", 1 + (swap / swapEvery % Versions), swap / swapEvery);
            }

            swaps = swapEvery > 0 ? swap / swapEvery : 0;
            if (routeEvery > 0 && swap % routeEvery == 0)
            {
                await ChangeRouteAsync(platform, swap / routeEvery);
            }

            await Task.Delay(pause);
            var now = (int)watch.Elapsed.TotalSeconds;
            if (now > second)
            {
                second = now;
                if (report.IsDue(second))
                {
                    // Versions that come and go weigh more than what could leak.
                    await Task.Delay(Settling);
                    await rest.WhileAtRestAsync(() => report.Progress(second, callers.Sum(c => c.CallCount), callers.Sum(c => c.FailureCount)));
                }
            }
        }

        var shadow = model.Route.Shadows.Single();
        await stop.CancelAsync();
        await Task.WhenAll(running);
        foreach (var failure in callers.Select(c => c.FirstFailure).OfType<string>())
        {
            Console.WriteLine(failure);
        }

        Console.WriteLine(FormattableString.Invariant(
            $"Moves of the alias: {swaps:N0}. Answered by the challenger: {callers.Sum(c => c.ChallengerCount):N0}. Ended as they must: {callers.Sum(c => c.RefusedCount):N0} of the wrong shape, {callers.Sum(c => c.CancelledCount):N0} cancelled, {callers.Sum(c => c.TimeoutCount):N0} out of time. Shadow: {shadow}"));
        return report.Judge(callers.Sum(c => c.CallCount), callers.Sum(c => c.FailureCount), FindIdle(callers));
    }

    /// <summary>A run in which something never happened has shown nothing.</summary>
    private static string? FindIdle(List<ServingCaller> callers)
        => callers.Sum(c => c.ChallengerCount) == 0 ? "the challenger never answered"
            : callers.Exists(c => c.RefusedCount == 0 || c.CancelledCount == 0) ? "a caller never made a call that had to fail"
            : null;

    private static async Task ChangeRouteAsync(MlPlatform platform, int change)
    {
        var route = ModelRoute.ChampionOnly.WithShadow("candidate");
        await platform.Registry.SetRouteAsync(
            Name, change % 2 == 0 ? route : route.WithChallenger("challenger", 0.3), platform.Registry.FindRoute(Name)?.Revision ?? 0);
    }
}
