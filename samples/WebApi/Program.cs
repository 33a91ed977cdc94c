using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Mlp.Runtime;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Quickstart.Features;
using WebApi;

// The settings lie beside the program, the data where it is started.
var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
builder.Services.AddProblemDetails();
builder.Services.AddExceptionHandler<PlatformExceptionHandler>();
builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
builder.Services.AddHealthChecks();
builder.Services.AddMlPlatform(ml => ml
    .AddFeatures(TaxiFeatures.Add)
    .AddModel(TaxiFeatures.BigTipper)
    .AddMonitoring(monitoring => monitoring.LogPredictions(TaxiFeatures.BigTipper).DetectDrift(TaxiFeatures.BigTipper)));

var app = builder.Build();
app.UseExceptionHandler();
app.UseStatusCodePages();

app.MapPost("/predict", async (PredictRequest request, MlPlatform ml, CancellationToken cancellationToken) =>
{
    var prediction = await ml.GetModel(TaxiFeatures.BigTipper).PredictAsync(request.Keys(), request.Trip(), new PredictionOptions { AsOf = request.AsOf }, cancellationToken);
    return new PredictResponse(prediction.Id.ToString(), prediction.Score, prediction.PredictedClass == 1, prediction.ModelVersion);
});

app.MapPost("/labels", async (LabelRequest label, MlPlatform ml, TimeProvider clock, CancellationToken cancellationToken) =>
{
    await ml.Monitoring.RecordLabelAsync(label.Prediction(), label.IsBigTip, label.ObservedAt ?? clock.GetUtcNow(), cancellationToken);
    return Results.NoContent();
});

app.MapGet("/quality", async (MlPlatform ml, CancellationToken cancellationToken)
    => (await ml.Monitoring.EvaluateAsync(TaxiFeatures.BigTipper, cancellationToken: cancellationToken))
        .Select(q => new QualityResponse(q.Version, q.PredictionCount, q.LabelledCount, q.BinaryClassification?.Auc, q.BinaryClassification?.LogLoss)));

// Live: the process runs. Ready: every part of the platform is healthy, or degraded and still serving.
app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
app.MapHealthChecks("/health/ready", new HealthCheckOptions { ResponseWriter = HealthResponse.WriteAsync });

try
{
    app.Run();
    return 0;
}
catch (Exception e) when (e is MlPlatformException or OptionsValidationException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
