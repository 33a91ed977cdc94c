using System.Globalization;
using System.Net;
using Mlp.Runtime.Predictions;

namespace Mlp.Integration.Tests.WebApi;

/// <summary>Asks and labels without a pause until the service is gone, and keeps what it answered.</summary>
/// <param name="service">The service.</param>
/// <param name="number">Makes the fares of this client its own.</param>
internal sealed class LoadClient(WebApiProcess service, int number)
{
    private int _answered;

    /// <summary>The fare and the probability of every answered prediction.</summary>
    public Dictionary<PredictionId, (double Fare, double Probability)> Predictions { get; } = [];

    /// <summary>Every acknowledged label.</summary>
    public Dictionary<PredictionId, bool> Labels { get; } = [];

    /// <summary>How many predictions and labels both were answered; may be read while it runs.</summary>
    public int AnsweredCount => Volatile.Read(ref _answered);

    /// <summary>Whether the service was seen to end.</summary>
    public bool IsRefused { get; private set; }

    public async Task RunAsync()
    {
        try
        {
            for (var i = 0; i < 100_000; i++)
            {
                var fare = number + (i / 4096.0);
                var (status, answer) = await service.PostAsync("/predict", WebApiProcess.Trip(fare));
                Assert.Equal(HttpStatusCode.OK, status);
                var id = PredictionId.Parse(answer.GetProperty("predictionId").GetString()!);
                Predictions.Add(id, (fare, answer.GetProperty("probability").GetDouble()));

                var (labelled, _) = await service.PostAsync("/labels", new { predictionId = id.ToString(), isBigTip = i % 3 == 0 });
                Assert.Equal(HttpStatusCode.NoContent, labelled);
                Labels.Add(id, i % 3 == 0);
                Interlocked.Increment(ref _answered);
            }

            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The service still answers client {number}."));
        }
        catch (HttpRequestException)
        {
            // Refused or cut off: what was not answered may or may not have happened.
            IsRefused = true;
        }
    }
}
