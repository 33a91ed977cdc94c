using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Routing.RoutedPlatform;

namespace Mlp.Runtime.Tests.Routing;

public sealed class RoutingMetricsTests
{
    [Fact]
    public async Task Instruments_OfARoutedModel_SayWhatBecameOfIt()
    {
        // Other tests have models of the same name: these variants are this test's own.
        var seen = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == RuntimeMeter.Name && instrument.Name.StartsWith("mlp.routing.", StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(seen, instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(seen, instrument, value, tags));
        listener.Start();
        await using var platform = await ServeAsync();
        await platform.RouteAsync(ModelRoute.ChampionOnly
            .WithChallenger("measured", 0.4, "challenger")
            .WithCanary("measured-canary", new CanaryPlan(), "candidate")
            .WithShadow("measured", target: "candidate"));
        for (var i = 0; i < 100; i++)
        {
            platform.Model.Predict([1]);
        }

        await UntilAsync(() => platform.Model.Route.Shadows[0].Compared == 100);
        listener.RecordObservableInstruments();

        Assert.InRange(seen["mlp.routing.calls measured ok"], 35, 45);
        Assert.Equal(0, seen["mlp.routing.calls measured error"]);
        Assert.Equal(0.4, seen["mlp.routing.share measured"]);
        Assert.Equal(1, seen["mlp.routing.canary.step measured-canary"]);
        Assert.Equal(100, seen["mlp.routing.shadow.compared shadow:measured"]);
        Assert.Equal(0, seen["mlp.routing.shadow.dropped shadow:measured"]);
        Assert.Equal(0, seen["mlp.routing.shadow.disagreed shadow:measured"]);
        Assert.True(seen["mlp.routing.shadow.difference shadow:measured"] > 0);
    }

    private static void Add(ConcurrentDictionary<string, double> seen, Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var (variant, outcome) = (string.Empty, string.Empty);
        foreach (var tag in tags)
        {
            variant = tag.Key == "variant" ? (string)tag.Value! : variant;
            outcome = tag.Key == "outcome" ? " " + tag.Value : outcome;
        }

        seen[$"{instrument.Name} {variant}{outcome}"] = value;
    }
}
