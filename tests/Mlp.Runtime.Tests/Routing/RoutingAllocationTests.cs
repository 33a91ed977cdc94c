using System.Diagnostics.Metrics;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Routing.RoutedPlatform;

namespace Mlp.Runtime.Tests.Routing;

/// <summary>The promise with two variants, and with a shadow of the same service: a warm call allocates nothing, with an observer and a metrics listener.</summary>
[Collection(SpanListeners.Name)]
public sealed class RoutingAllocationTests
{
    private const int Calls = 500;

    private readonly record struct Keys(string Company);

    private readonly record struct Features(float F0);

    private readonly record struct Answer(double Score, string Variant);

    public static TheoryData<string> Routes => ["split", "shadow", "both"];

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task Predict_EveryWay_AllocatesNothing(string route)
    {
        using var listener = ListenToAll();
        await using var platform = await ServeAsync(
            o =>
            {
                o.AliasPollInterval = TimeSpan.FromHours(1);
                o.Route.ShadowQueueLength = 64;
                if (route != "shadow")
                {
                    o.WithChallenger("challenger", 0.3);
                }

                if (route != "split")
                {
                    o.WithShadow("candidate");
                }
            },
            observers: new SilentObserver());
        await UntilAsync(() => platform.Model.Route.Shadows.All(s => s.Version is not null));
        var model = platform.Model;
        var records = model.As<Features, Answer>();
        var features = new float[] { 1 };
        var rows = new FeatureRows(model.Description!.Layout, 3);
        rows.Reset(3);
        rows.Status.Fill(FeatureStatus.Present);
        var results = new Prediction[3];
        string[] companies = ["Flash Cab", "Blue Ribbon", "Chicago Independents", "Sun Taxi", "City Service"];
        var keys = new EntityValue[1];
        var variants = new HashSet<string>();
        var options = new PredictionOptions { Tags = new KeyValuePair<string, string>[] { new("page", "checkout") } };

        // Collections that other tests start are charged to a round with the rest of an allocation buffer: short rounds find one between two.
        var least = long.MaxValue;
        for (var round = 0; round < 40 && least > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Calls; i++)
            {
                var company = companies[i % companies.Length];
                keys[0] = company;
                Check(model.PredictAsync(new Keys(company), options));
                Check(model.PredictAsync(keys.AsMemory(), options));
                Check(model.PredictAsync(company, options with { RoutingKey = i }));
                variants.Add(model.Predict(features, options).Variant);
                model.Predict(rows, results, options);
                records.Predict(new Features(1), options);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(route == "shadow" ? 1 : 2, variants.Count);
        Assert.Equal(route == "split", model.Route.Shadows.Count == 0);
        Assert.All(model.Route.Shadows, s => Assert.True(s.Accepted > 0));
        Assert.Equal(0, least);

        static void Check(ValueTask<Prediction> answer)
        {
            if (!answer.IsCompletedSuccessfully)
            {
                Assert.Fail("Expected the answer at once.");
            }

            answer.GetAwaiter().GetResult();
        }
    }

    private static MeterListener ListenToAll()
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == RuntimeMeter.Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
        listener.Start();
        return listener;
    }

    private sealed class SilentObserver : IPredictionObserver, IPredictionSink
    {
        public IPredictionSink? Attach(ServedModel model) => this;

        public void Record(in PredictionRecord record)
        {
        }
    }
}
