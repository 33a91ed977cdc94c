using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.Performance;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Training.Evaluation;
using Mlp.Training.Networks;

namespace Mlp.Integration.Tests.Documentation;

/// <summary>The example of the README: the regions, one after the other, are its code block.</summary>
internal static class ReadmeExample
{
    public static async Task<(Prediction Prediction, IReadOnlyList<PerformanceResult> Live)> RunAsync(
        string dataDirectory, IReadOnlyList<CompanyStats> history, IReadOnlyList<PastTrip> pastTrips, DateTimeOffset now)
    {
        // <example>
        await using var ml = MlPlatform.CreateBuilder()
            .UseDataDirectory(dataDirectory)
            .AddFeatures(features => features
                .Add<CompanyStats>()
                .AddOnDemand<Trip, TripFeatures>(TripFeatures.From)
                .AddService("big-tipper", version: 1, service => service.From<CompanyStats>().From<TripFeatures>()))
            .AddModel("big-tipper", model => model.FromAlias("champion"))
            .AddMonitoring(monitoring => monitoring.LogPredictions("big-tipper"))
            .Build();
        await ml.StartAsync();

        // What became known, and when: all of it offline for training, the latest of each company online for serving.
        await ml.Features.IngestAsync(history, batchId: "history");
        await ml.Features.MaterializeAsync<CompanyStats>();

        // Every past trip with its features as of its own time: nothing from its future.
        using var rows = await ml.Features.CreateTrainingSetAsync("big-tipper", pastTrips, timeColumn: "start", labelColumn: "is_big_tip");
        var split = await TimeSplit.ByShareAsync(rows, holdoutShare: 0.3);
        using var network = await new NetworkTrainer(new NetworkOptions { Seed = 1 }).FitAsync(split.Training);
        var trained = network.Export(); // ONNX with the preprocessing inside, proved against the network
        var quality = await Evaluator.EvaluateAsync(trained, split.Holdout);

        // A model is data: an immutable version, and an alias that says which version serves.
        var published = await ml.Registry.PublishAsync("big-tipper", trained.ToPackage(quality.Metrics));
        var champion = ml.Registry.FindAlias("big-tipper", "champion");
        await ml.Registry.SetAliasAsync("big-tipper", "champion", published.Version, expectedRevision: champion?.Revision ?? 0);

        // Predicted in this process and logged; the outcome is recorded when it is known.
        var model = ml.GetModel("big-tipper");
        await model.WaitUntilReadyAsync();
        var prediction = await model.PredictAsync(new TripKeys("Flash Cab"), new Trip(Miles: 3, Fare: 12), PredictionOptions.At(now));
        await ml.Monitoring.RecordLabelAsync(prediction.Id, isPositive: true, observedAt: now.AddMinutes(20));
        await ml.Monitoring.FlushAsync();
        var live = await ml.Monitoring.EvaluateAsync("big-tipper");
        // </example>
        return (prediction, live);
    }
}

// <example>

[FeatureView("company_stats", TimeToLive = "90.00:00:00", CreatedTimeEqualsEventTime = true)]
public sealed record CompanyStats([EntityKey] string Company, [EventTimestamp] DateTimeOffset Time, [Feature] long Trips, [Feature] float BigTipShare);

public sealed record TripKeys(string? Company);
public sealed record Trip(float Miles, float Fare);
public sealed record PastTrip(string? Company, DateTimeOffset Start, float Miles, float Fare, bool IsBigTip);
public sealed record TripFeatures(float LogMiles, float LogFare)
{
    public static TripFeatures From(Trip trip) => new(MathF.Log(1 + trip.Miles), MathF.Log(1 + trip.Fare));
}

// </example>
