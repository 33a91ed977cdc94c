using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Routing;

/// <summary>
/// The instruments of routing, on the meter <c>Mlp.Runtime</c>. They are asked when somebody collects, and read what is counted anyway, so that a call pays nothing for them. Thread-safe.
/// </summary>
internal static class RoutingMetrics
{
    private static readonly ConcurrentDictionary<RouteFollower, bool> Followers = new();

    static RoutingMetrics()
    {
        RuntimeMeter.Meter.CreateObservableCounter("mlp.routing.calls", MeasureCalls, "{call}", "Calls of models with a route, by the variant that answered and how they ended.");
        RuntimeMeter.Meter.CreateObservableGauge("mlp.routing.share", MeasureShares, "1", "Share of the calls that a variant gets by the route.");
        RuntimeMeter.Meter.CreateObservableGauge("mlp.routing.canary.step", MeasureSteps, "{step}", "The step that a canary is at, from 1; 0 when it was aborted.");
        RuntimeMeter.Meter.CreateObservableCounter("mlp.routing.shadow.dropped", () => MeasureShadows(static a => a.Dropped), "{call}", "Calls that found the queue of a shadow full.");
        RuntimeMeter.Meter.CreateObservableCounter("mlp.routing.shadow.skipped", () => MeasureShadows(static a => a.Skipped), "{call}", "Calls that a shadow cannot see.");
        RuntimeMeter.Meter.CreateObservableCounter("mlp.routing.shadow.failed", () => MeasureShadows(static a => a.Failed), "{call}", "Calls that a shadow failed at.");
        RuntimeMeter.Meter.CreateObservableCounter("mlp.routing.shadow.compared", () => MeasureShadows(static a => a.Compared), "{call}", "Answers of a shadow that were compared with what was served.");
        RuntimeMeter.Meter.CreateObservableCounter("mlp.routing.shadow.disagreed", () => MeasureShadows(static a => a.Disagreed), "{call}", "Answers of a shadow that say another class.");
        RuntimeMeter.Meter.CreateObservableGauge("mlp.routing.shadow.difference", MeasureDifferences, "1", "Mean absolute difference of a shadow's scores from those that were served.");
    }

    /// <summary>Measures a model from now on.</summary>
    /// <param name="follower">Keeps its route.</param>
    public static void Add(RouteFollower follower) => Followers[follower] = true;

    /// <summary>Measures a model no more.</summary>
    /// <param name="follower">Keeps its route.</param>
    public static void Remove(RouteFollower follower) => Followers.TryRemove(follower, out _);

    private static IEnumerable<Measurement<long>> MeasureCalls()
    {
        foreach (var follower in Followers.Keys)
        {
            var state = follower.State;
            var variants = state.Challengers.Select(c => (c.Target, c.Tags)).Prepend((follower.Model.Target, follower.ChampionTags));
            foreach (var (target, tags) in variants.Concat(state.Shadows.Select(s => (s.Target, s.Tags))))
            {
                if (target.Current?.Recorder.Counters?.Read() is { } reading)
                {
                    yield return new Measurement<long>(reading.Calls - reading.Errors, tags.Ok);
                    yield return new Measurement<long>(reading.Errors, tags.Error);
                }
            }
        }
    }

    private static IEnumerable<Measurement<double>> MeasureShares()
        => Followers.Keys.SelectMany(f => f.State.Challengers.Select(c => new Measurement<double>(f.State.Route.FindVariant(c.Target.Variant)?.Share ?? 0, c.Tags.Variant)));

    private static IEnumerable<Measurement<long>> MeasureSteps()
    {
        foreach (var follower in Followers.Keys)
        {
            if (follower.State.Route.Canary is { } canary)
            {
                var step = canary.Status == CanaryStatus.Aborted ? 0 : canary.Step + 1;
                yield return new Measurement<long>(step, new KeyValuePair<string, object?>("model", follower.Model.Name), new KeyValuePair<string, object?>("variant", canary.Variant));
            }
        }
    }

    private static IEnumerable<Measurement<long>> MeasureShadows(Func<ShadowAgreement, long> count)
        => Followers.Keys.SelectMany(f => f.State.Shadows.Select(s => new Measurement<long>(count(s.Lane!.Agreement), s.Tags.Variant)));

    private static IEnumerable<Measurement<double>> MeasureDifferences()
        => Followers.Keys.SelectMany(f => f.State.Shadows
            .Where(s => s.Lane!.Agreement.Compared > 0)
            .Select(s => new Measurement<double>(s.Lane!.Agreement.MeanAbsoluteDifference, s.Tags.Variant)));
}
