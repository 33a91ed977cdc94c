using Apache.Arrow;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Batching;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Scoring;

namespace Mlp.Runtime.Tests.Documentation;

/// <summary>What the samples of the pages are called with.</summary>
internal sealed record TripKeys(string Company);

/// <inheritdoc cref="TripKeys"/>
internal sealed record TripRequest(float Miles);

// <sample page="inference.md">
public readonly record struct Trip(float TotalMiles, int? Stops, string? Payment);

public readonly record struct Answer(PredictionId Id, double Score, string PredictedLabel, double No, double Yes);
// </sample>

/// <summary>The code of the pages on the runtime: each region is a code block of its page, and compiles. <see cref="PageSampleTests"/> compares them.</summary>
internal static class PageSamples
{
    internal static void Accelerators(IMlPlatformBuilder builder)
    {
        // <sample page="accelerators.md">
        builder.AddModel("big-tipper", m => m.OnAccelerator(Accelerator.Cuda, a =>
        {
            a.Device = 1;
            a.DeviceMemoryLimitBytes = 4L << 30;
            a.ProviderOptions["cudnn_conv_algo_search"] = "DEFAULT";
        }));
        // </sample>
    }

    internal static void Batching(IServiceCollection services)
    {
        // <sample page="batching.md">
        services.AddMlPlatform(ml => ml.AddModel("big-tipper", m => m.WithDynamicBatching()));
        services.AddMlPlatform(ml => ml.AddModel("big-tipper", m => m.WithDynamicBatching(b => b.MaximumBatchSize = 32)));
        // </sample>
    }

    internal static void BatchCosts(IModel model)
    {
        // <sample page="batching.md">
        foreach (BatchCost cost in model.Description!.BatchCosts)
        {
            Console.WriteLine($"{cost.RowCount}: {cost.RunMicroseconds:F1} µs, {cost.MicrosecondsPerRow:F2} µs per row");
        }
        // </sample>
    }

    internal static async Task ConceptsAsync()
    {
        // <sample page="concepts.md">
        var builder = MlPlatform.CreateBuilder().AddModel("dessert");
        builder.Services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddJsonFile("appsettings.json").AddEnvironmentVariables().Build());
        await using var ml = builder.Build();
        // </sample>
    }

    internal static async Task InferenceAsync(
        IServiceCollection services, IModelCatalog catalog, TripRequest request, DateTimeOffset then, float[] features, float[] outputs, float[] values, FeatureRows rows, Prediction[] results, RecordBatch batch)
    {
        // <sample page="inference.md">
        services.AddMlPlatform(ml => ml.AddModel("big-tipper", m => m.FromAlias("champion").WithFeatures("big-tipper")));

        IModel model = catalog.GetModel("big-tipper");                       // IModelCatalog; stays the same object while versions come and go
        Prediction a = await model.PredictAsync(new TripKeys("Flash Cab"), request);   // stored features by key, on-demand features of the request
        Prediction b = await model.PredictAsync(new TripKeys("Flash Cab"), PredictionOptions.At(then));
        Prediction c = model.Predict([1.5f, 0, 3]);                          // all features float32, in order; NaN = none
        model.Predict(features, outputs);                                    // float32 rows in, whole rows of the score output out, exactly as many
        Answer d = model.As<Trip, Answer>().Predict(new Trip(1.5f, 2, null));          // C# types in and out
        ModelOutputs e = model.Run(new ModelInputs().Set("x", values, 1, 32));         // any inputs and outputs by name
        model.Predict(rows, results);                                        // FeatureRows of any types; more than 256 rows run in parts
        using RecordBatch scored = await model.ScoreAsync(batch);            // an Arrow table: see scoring.md
        // </sample>
    }

    internal static void Records(IModel model, Trip[] trips, Answer[] answers)
    {
        // <sample page="inference.md">
        IModel<Trip, Answer> tips = model.As<Trip, Answer>();   // keep it: it follows versions
        Answer answer = tips.Predict(new Trip(1.5f, null, "cash"));
        tips.Predict(trips, answers);                           // spans; up to 256 in one run
        // </sample>
    }

    internal static void Tensors(IModel model, float[] pixels)
    {
        // <sample page="inference.md">
        using var inputs = new ModelInputs();
        var outputs = new ModelOutputs();
        inputs.Set("image", pixels, 1, 3, 224, 224).Set("threshold", new[] { 0.5f });   // no shape: a scalar
        model.Run(inputs, outputs);
        ReadOnlySpan<float> boxes = outputs["boxes"].AsSpan<float>();
        long count = outputs["boxes"].Shape[0];
        // </sample>
    }

    internal static void Kernels(IMlPlatformBuilder builder, IModel model)
    {
        // <sample page="kernels.md">
        KernelDescription engine = model.Description!.Engine;
        KernelKind kind = engine.Kind;                            // Linear, Trees, Dense, or None
        string? reason = engine.Reason;                           // why ONNX Runtime serves everything, as a sentence; null where a kernel serves something
        IReadOnlyList<KernelTiming> timings = engine.Timings;     // per number of rows: time of ONNX Runtime, time of the kernel, who serves
        bool isKernel = engine.Serves(16);                        // whether a run of 16 rows is the kernel's
        bool hasSameBits = engine.HasSameBits;                    // whether its answers had the very bits of ONNX Runtime's on all rows

        builder.AddModel("fraud", m => m.WithoutKernels());       // or MlPlatform:Models:fraud:Kernels = Off
        // </sample>
    }

    internal static async Task PublishAsync(IModelRegistry registry)
    {
        // <sample page="model-registry.md">
        ModelManifest version = await registry.PublishAsync("taxi-tips", new ModelPackage
        {
            Onnx = File.ReadAllBytes("model.onnx"),
            Output = new ModelOutput
            {
                Task = ModelTask.BinaryClassification,
                ScoreOutput = "probabilities",
                ScoreIndex = 1,                       // the column of the positive class
                ClassNames = ["small tip", "big tip"],
                DecisionThreshold = 0.35,
            },
            Features = [new FeatureColumn("fare", FeatureType.Float32, "trip"), /* ... */],
            Metrics = new Dictionary<string, double> { ["auc"] = 0.941 },
        });

        ModelAlias? champion = registry.FindAlias("taxi-tips", "champion");
        await registry.SetAliasAsync("taxi-tips", "champion", version.Version, champion?.Revision ?? 0, "AUC 0.941 against 0.938");
        // </sample>
    }

    internal static async Task ExternalDataAsync(IModelRegistry registry, ModelOutput output, FeatureColumn[] features)
    {
        // <sample page="model-registry.md">
        await registry.PublishAsync("embedder", ModelPackage.FromFile("export/model.onnx", output) with { Features = features });
        // </sample>
    }

    internal static async Task PackagesAsync(IModelRegistry staging, IModelRegistry production)
    {
        // <sample page="model-registry.md">
        string sha256 = await staging.ExportAsync("taxi-tips", 3, "taxi-tips-3.mlpkg");
        ModelManifest imported = await production.ImportAsync("taxi-tips-3.mlpkg");      // a new version there, under the same or another name
        // </sample>
    }

    internal static async Task RoutingAsync(IServiceCollection services, IModelRegistry registry, IModel model, TripKeys keys, TripRequest request)
    {
        // <sample page="routing.md">
        services.AddMlPlatform(ml => ml.AddModel("big-tipper", m => m
            .FromAlias("champion")
            .WithChallenger("challenger", share: 0.1)          // alias "challenger", a tenth of the entities
            .WithShadow("candidate", sampleRate: 1.0)));       // alias "candidate", sees what was answered

        Prediction p = await model.PredictAsync(keys, request);
        // p.Variant: "champion" or "challenger"; p.ModelVersion: the version behind it

        // later, in any process that has the registry:
        StoredRoute? now = registry.FindRoute("big-tipper");
        await registry.SetRouteAsync(
            "big-tipper",
            (now?.Route ?? ModelRoute.ChampionOnly).WithCanary("next", new CanaryPlan { StepBasisPoints = [100, 500, 2_500] }),
            expectedRevision: now?.Revision ?? 0,
            reason: "trained on spring");
        // </sample>
    }

    internal static async Task ScoringAsync(IModel model, RecordBatch batch, IAsyncEnumerable<RecordBatch> batches, IProgress<FileScoringProgress> progress)
    {
        // <sample page="scoring.md">
        using RecordBatch scored = await model.ScoreAsync(batch);                         // all columns, score, predicted_class

        await foreach (RecordBatch result in model.ScoreAsync(batches, new ScoringOptions { Columns = ["id"], Probabilities = ClassProbabilities.List }))
        {
            using (result)
            {
                // in the order of the stream
            }
        }

        FileScoringResult done = await model.ScoreFileAsync("trips.parquet", "scored.parquet", progress: progress);
        // </sample>
    }

    internal static void Nulls(IMlPlatformBuilder builder)
    {
        // <sample page="scoring.md">
        builder.AddModel("big-tipper", m => m.OnNull("company", "unknown").OnNull("stops", 0).OnNull(NullPolicy.Error));   // the last one is for the rest
        // </sample>
    }

    internal static void Versions(IMlPlatformBuilder builder, MlPlatform ml, float[] features)
    {
        // <sample page="versions.md">
        builder
            .AddModel("big-tipper", m => m.FromAlias("champion"))    // the version that an alias points at; follows when it moves
            .AddModel("fares", m => m.FromLatest())                  // the newest published version; follows when one is published
            .AddModel("audit", m => m.FromVersion(3));               // this one, for good

        IModel model = ml.GetModel("big-tipper");
        Prediction now = model.Predict(features);                    // the version in service
        Prediction then = model.AtVersion(3).Predict(features);      // exactly version 3
        // </sample>
    }

    internal static async Task ManyModelsAsync(IMlPlatformBuilder builder, MlPlatform ml, TripKeys keys, CancellationToken token)
    {
        // <sample page="versions.md">
        builder
            .AddModels("tenant-*", m => m.WithAutomaticWeights())    // whichever models of the registry have such a name, also later ones
            .LimitLoadedModels(20);                                  // or MlPlatform:MaximumLoadedModels

        Prediction p = await ml.GetModel("tenant-42").PredictAsync(keys, cancellationToken: token);
        // </sample>
    }
}
