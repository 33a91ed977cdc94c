using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Mlp.Features;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using OpenTelemetry.Metrics;
using Quickstart.Features;
using WebApi;

var isUp = false;
try
{
    // The settings lie beside the program, the data where it is started.
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

    // A start that fails is one sentence, said below; these two would print a stack trace before it.
    builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level => Volatile.Read(ref isUp) && level >= LogLevel.Information);
    builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", level => Volatile.Read(ref isUp) && level >= LogLevel.Warning);
    builder.Services.AddProblemDetails();
    builder.Services.AddExceptionHandler<PlatformExceptionHandler>();
    builder.Services.AddHealthChecks();
    builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter("Mlp.*").AddPrometheusExporter());
    builder.Services.AddMlPlatform(ml => ml
        .AddFeatures(TaxiFeatures.Add)
        .AddModel(TaxiFeatures.BigTipper)
        .AddMonitoring(monitoring => monitoring.LogPredictions(TaxiFeatures.BigTipper).DetectDrift(TaxiFeatures.BigTipper)));

    await using var app = builder.Build();
    app.UseExceptionHandler(new ExceptionHandlerOptions { SuppressDiagnosticsCallback = context => PlatformExceptionHandler.IsAnswered(context.Exception) });
    app.UseStatusCodePages();

    app.MapPost("/predict", async (HttpRequest http, MlPlatform ml, TimeProvider clock, CancellationToken cancellationToken) =>
    {
        var request = await PredictRequest.ReadAsync(http, cancellationToken);
        var time = request.AsOf ?? clock.GetUtcNow();
        var prediction = await ml.GetModel(TaxiFeatures.BigTipper).PredictAsync(request.Keys, request.Trip, PredictionOptions.At(time), cancellationToken);

        // The prediction does not say which of its features were there, so they are read once more, in memory.
        var features = await ml.Features.ReadAsync(
            TaxiFeatures.BigTipper, new EntityValue[] { request.Keys.Company, request.Keys.PickupArea }, time, cancellationToken: cancellationToken);
        return new PredictResponse(
            prediction.Id.ToString(), prediction.Score, prediction.PredictedClass == 1, prediction.ModelVersion, PredictResponse.StatusOf(features, ml.Features.Catalog));
    });

    app.MapPost("/labels", async (HttpRequest http, MlPlatform ml, TimeProvider clock, CancellationToken cancellationToken) =>
    {
        var label = await LabelRequest.ReadAsync(http, cancellationToken);
        await ml.Monitoring.RecordLabelAsync(label.Prediction, label.IsBigTip, label.ObservedAt ?? clock.GetUtcNow(), cancellationToken);
        return Results.NoContent();
    });

    app.MapGet("/quality", async (MlPlatform ml, CancellationToken cancellationToken)
        => (await ml.Monitoring.EvaluateAsync(TaxiFeatures.BigTipper, cancellationToken: cancellationToken))
            .Select(q => new QualityResponse(q.Version, q.PredictionCount, q.LabelledCount, q.BinaryClassification?.Auc, q.BinaryClassification?.LogLoss)));

    // Live: the process runs. Ready: every part of the platform is healthy, or degraded and still serving.
    app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
    app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = HealthResponse.WriteAsync });

    // Every meter of the platform, for Prometheus.
    app.MapPrometheusScrapingEndpoint("/metrics");
    app.Lifetime.ApplicationStarted.Register(() => Volatile.Write(ref isUp, true));
    await app.RunAsync();
    return 0;
}
catch (OperationCanceledException) when (!isUp)
{
    // Told to stop while it started: nothing has failed.
    await Console.Error.WriteLineAsync("Stopped before it had started.");
    return 0;
}
catch (Exception e) when (!isUp)
{
    await Console.Error.WriteLineAsync(StartFailure.SentenceOf(e));
    return 1;
}
