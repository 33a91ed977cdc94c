using System.Net;
using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Arrays;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Integration.Tests.Taxi;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.PredictionLog;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;
using Quickstart.Features;

namespace Mlp.Integration.Tests.WebApi;

/// <summary>The sample as its users meet it: a process with an address, stopped by SIGTERM.</summary>
public sealed class WebApiTests(TaxiData taxi) : IClassFixture<TaxiData>
{
    private const string Champion = "champion";
    private const int Clients = 6;
    private const int WarmUpCount = 600;

    [LinuxFact]
    public async Task Sigterm_UnderLoad_KeepsEveryAnsweredPredictionAndLabel()
    {
        using var data = taxi.CopyDirectory();
        await PublishAsync(data);
        using var service = await WebApiProcess.StartAsync(data.FullName);
        await service.WaitForHealthAsync("Healthy");

        var clients = Enumerable.Range(1, Clients).Select(number => new LoadClient(service, number)).ToArray();
        var load = Task.WhenAll(clients.Select(client => Task.Run(client.RunAsync)));
        while (clients.Sum(client => client.AnsweredCount) < WarmUpCount && !load.IsCompleted)
        {
            await Task.Delay(5);
        }

        await service.TerminateAsync();
        await load;
        var (exitCode, output) = await service.WaitForExitAsync();

        Assert.True(exitCode == 0, output);
        Assert.DoesNotContain("fail:", output, StringComparison.Ordinal);
        Assert.All(clients, client => Assert.True(client.IsRefused));
        var predictions = clients.SelectMany(c => c.Predictions).ToDictionary();
        var labels = clients.SelectMany(c => c.Labels).ToDictionary();
        Assert.True(labels.Count >= WarmUpCount);
        await AssertRecordedAsync(data, predictions, labels);
        AssertClosedWhole(data);
    }

    [LinuxFact]
    public async Task Start_BeforeTheAliasExists_IsDegradedThenServesWithoutARestart()
    {
        using var data = taxi.CopyDirectory();
        using var service = await WebApiProcess.StartAsync(data.FullName);

        var (status, health) = await service.GetAsync("/health/ready");
        Assert.Equal((HttpStatusCode.OK, "Degraded"), (status, health.GetProperty("status").GetString()));
        var models = health.GetProperty("parts").GetProperty("mlp-models");
        Assert.Equal("Degraded", models.GetProperty("status").GetString());
        Assert.Contains("'big-tipper'", models.GetProperty("description").GetString(), StringComparison.Ordinal);
        Assert.Contains("'champion'", models.GetProperty("description").GetString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await service.Client.GetAsync(new Uri("/health/live", UriKind.Relative))).StatusCode);

        var (refused, problem) = await service.PostAsync("/predict", WebApiProcess.Trip());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused);
        AssertSentence(problem, "'champion'");

        await PublishAsync(data);
        await service.WaitForHealthAsync("Healthy");
        var (answered, answer) = await service.PostAsync("/predict", WebApiProcess.Trip());
        Assert.Equal(HttpStatusCode.OK, answered);
        Assert.Equal(1, answer.GetProperty("modelVersion").GetInt32());
        Assert.InRange(answer.GetProperty("probability").GetDouble(), 0, 1);
    }

    [LinuxFact]
    public async Task Requests_ThatAreWrong_GetASentence()
    {
        using var data = taxi.CopyDirectory();
        await PublishAsync(data);
        using var service = await WebApiProcess.StartAsync(data.FullName);
        await service.WaitForHealthAsync("Healthy");

        var (missing, problem) = await service.PostAsync("/predict", new { paymentType = "Cash", hour = 1, weekday = 1, month = 1, miles = 1.0, seconds = 1.0 });
        Assert.Equal(HttpStatusCode.BadRequest, missing);
        AssertSentence(problem, "fare");

        var (wrongType, typeProblem) = await service.PostAsync("/predict", new { paymentType = "Cash", hour = "six", weekday = 1, month = 1, miles = 1.0, seconds = 1.0, fare = 1.0 });
        Assert.Equal(HttpStatusCode.BadRequest, wrongType);
        AssertSentence(typeProblem, "hour");

        var (wrongId, idProblem) = await service.PostAsync("/labels", new { predictionId = "none", isBigTip = true });
        Assert.Equal(HttpStatusCode.BadRequest, wrongId);
        AssertSentence(idProblem, "predictionId");

        using var noJson = await service.Client.PostAsync(new Uri("/predict", UriKind.Relative), new StringContent("{", System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, noJson.StatusCode);
        AssertSentence(JsonSerializer.Deserialize<JsonElement>(await noJson.Content.ReadAsStringAsync()), "JSON");
    }

    [LinuxFact]
    public async Task Quality_AfterLabels_CountsThem()
    {
        using var data = taxi.CopyDirectory();
        await PublishAsync(data);
        using var service = await WebApiProcess.StartAsync(data.FullName);
        await service.WaitForHealthAsync("Healthy");
        for (var i = 0; i < 20; i++)
        {
            var (_, answer) = await service.PostAsync("/predict", WebApiProcess.Trip(fare: 5 + i));
            await service.PostAsync("/labels", new { predictionId = answer.GetProperty("predictionId").GetString(), isBigTip = i % 2 == 0 });
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        JsonElement quality;
        while ((quality = (await service.GetAsync("/quality")).Body).GetArrayLength() == 0 || quality[0].GetProperty("labelled").GetInt32() < 20)
        {
            await Task.Delay(20, patience.Token);
        }

        Assert.Equal(20, quality[0].GetProperty("predictions").GetInt32());
        Assert.InRange(quality[0].GetProperty("auc").GetDouble(), 0, 1);
    }

    [LinuxFact]
    public async Task Start_DirectoryInUse_EndsAndNamesTheOwner()
    {
        using var data = new TempDirectory();
        using var first = await WebApiProcess.StartAsync(data.FullName);

        var (exitCode, output) = await WebApiProcess.RunToEndAsync(data.FullName, ownerWait: TimeSpan.Zero);

        Assert.True(exitCode == 1, output);
        Assert.Contains(data.FullName, output, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"process {first.Id}"), output, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await first.GetAsync("/health/ready")).Status);
    }

    private async Task PublishAsync(TempDirectory data)
    {
        var registry = new FileModelRegistry(new DataDirectory(data.FullName, MlPlatformMode.Reader), TimeProvider.System, NullLogger<FileModelRegistry>.Instance);
        var manifest = await registry.PublishAsync(TaxiFeatures.BigTipper, taxi.Package);
        await registry.SetAliasAsync(TaxiFeatures.BigTipper, Champion, manifest.Version, expectedRevision: 0);
    }

    private static void AssertSentence(JsonElement problem, string about)
    {
        var detail = problem.GetProperty("detail").GetString()!;
        Assert.Contains(about, detail, StringComparison.Ordinal);
        Assert.EndsWith(".", detail, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", problem.ToString(), StringComparison.Ordinal);
    }

    private static async Task AssertRecordedAsync(
        TempDirectory data, Dictionary<PredictionId, (double Fare, double Probability)> predictions, Dictionary<PredictionId, bool> labels)
    {
        await using var reader = TaxiData.Define(data.FullName).AsReader().Build();
        await reader.StartAsync();
        var logged = new Dictionary<PredictionId, (double, double)>();
        await foreach (var batch in reader.Monitoring.ReadPredictionsAsync(TaxiFeatures.BigTipper))
        {
            var ids = (FixedSizeBinaryArray)batch.Column(PredictionColumns.PredictionId);
            var (fares, scores) = ((FloatArray)batch.Column(PredictionColumns.FeatureOf("trip_fare")), (DoubleArray)batch.Column(PredictionColumns.Score));
            for (var row = 0; row < batch.Length; row++)
            {
                logged.Add(PredictionId.Read(ids.GetBytes(row)), (fares.GetValue(row)!.Value, scores.GetValue(row)!.Value));
            }
        }

        var recorded = new Dictionary<PredictionId, bool>();
        await foreach (var batch in reader.Monitoring.ReadLabelsAsync())
        {
            var ids = (FixedSizeBinaryArray)batch.Column(LabelColumns.PredictionId);
            var values = (DoubleArray)batch.Column(LabelColumns.Value);
            for (var row = 0; row < batch.Length; row++)
            {
                recorded.Add(PredictionId.Read(ids.GetBytes(row)), values.GetValue(row) == 1);
            }
        }

        Assert.Empty(predictions.Except(logged));
        Assert.Empty(labels.Except(recorded));
    }

    /// <summary>A graceful stop seals what it wrote; only a crash leaves segments open.</summary>
    private static void AssertClosedWhole(TempDirectory data)
    {
        var segments = Directory.GetFiles(data.Combine("predictions", TaxiFeatures.BigTipper), "*.mlplog").Concat(Directory.GetFiles(data.Combine("labels"), "*.mlplog", SearchOption.AllDirectories)).ToList();
        Assert.True(segments.Count >= 2);
        foreach (var segment in segments)
        {
            using var reader = FrameLogReader.Open(segment);
            while (reader.Read())
            {
            }

            Assert.True(reader.IsClosed, $"'{segment}' was left open.");
            Assert.Equal(0, reader.TornBytes);
        }
    }
}
