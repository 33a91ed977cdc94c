using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Mlp.Runtime.Inference;

namespace Mlp.Benchmarks.Runtime;

/// <summary>The model as a service on this machine would give it: JSON over HTTP/1.1 with a connection that stays open.</summary>
internal sealed class JsonEndpoint : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly HttpClient _client;

    private JsonEndpoint(WebApplication application, Uri address)
    {
        _application = application;
        _client = new HttpClient { BaseAddress = address };
    }

    private sealed record Answer(double Score);

    /// <summary>Listens on a free port.</summary>
    /// <param name="model">The model.</param>
    public static async Task<JsonEndpoint> StartAsync(IModel model)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var application = builder.Build();
        application.MapPost("/predict", (float[] features) => TypedResults.Json(new Answer(model.Predict(features).Score)));
        await application.StartAsync();
        return new JsonEndpoint(application, new Uri(application.Urls.First()));
    }

    /// <summary>Asks it.</summary>
    /// <param name="features">One row.</param>
    public async Task<double> PredictAsync(float[] features)
    {
        using var response = await _client.PostAsJsonAsync("/predict", features);
        return (await response.Content.ReadFromJsonAsync<Answer>())!.Score;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _application.DisposeAsync();
    }
}
