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
using Quickstart.Data;
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
        AssertSentence(problem, "/health/ready");
        Assert.DoesNotContain(data.FullName, problem.ToString(), StringComparison.Ordinal);

        await PublishAsync(data);
        await service.WaitForHealthAsync("Healthy");
        var (answered, answer) = await service.PostAsync("/predict", WebApiProcess.Trip());
        Assert.Equal(HttpStatusCode.OK, answered);
        Assert.Equal(1, answer.GetProperty("modelVersion").GetInt32());
        Assert.InRange(answer.GetProperty("probability").GetDouble(), 0, 1);
    }

    public static TheoryData<string, string, string> WrongRequests => new()
    {
        { "/predict", "", "Expected a JSON object, but found an empty body." },
        { "/predict", "null", "Expected a JSON object, but found null." },
        { "/predict", "[]", "Expected a JSON object, but found an array." },
        { "/predict", "\"x\"", "Expected a JSON object, but found a text." },
        { "/predict", "{", "Expected a JSON object with each field once, but found text that is none, in line 1." },
        { "/predict", "{}", "Expected the fields 'paymentType', 'hour', 'weekday', 'month', 'miles', 'seconds', 'fare', but found none." },
        { "/predict", Trip("\"fare\":1", "\"x\":1"), "Expected the field 'fare', but found none. Expected no other fields than 'paymentType', 'company', 'pickupArea', 'hour', 'weekday', 'month', 'miles', 'seconds', 'fare', 'asOf', but found 1 other." },
        { "/predict", Trip("\"paymentType\":\"Cash\"", "\"paymentType\":null"), "Expected the field 'paymentType', but found none." },
        { "/predict", Trip("\"hour\":1", "\"hour\":\"six\""), "Expected 'hour' to be a whole number from 0 to 23, but found a text." },
        { "/predict", Trip("\"hour\":1", "\"hour\":25"), "Expected 'hour' to be a whole number from 0 to 23, but found one outside that range." },
        { "/predict", Trip("\"hour\":1", "\"hour\":1.5"), "Expected 'hour' to be a whole number from 0 to 23, but found another number." },
        { "/predict", Trip("\"fare\":1", "\"fare\":-1"), "Expected 'fare' to be a number from 0 to 1,000,000, but found one outside that range." },
        { "/predict", Trip("\"fare\":1", "\"fare\":1e400"), "Expected 'fare' to be a number from 0 to 1,000,000, but found one outside that range." },
        { "/predict", Trip("\"seconds\":1", "\"seconds\":-5"), "Expected 'seconds' to be a number from 0 to 2,592,000, but found one outside that range." },
        { "/predict", Trip("\"Cash\"", "\"\\ud800\""), "Expected 'paymentType' to be a text, but found half of a surrogate pair." },
        { "/predict", Trip("\"fare\":1", "\"fare\":1,\"asOf\":\"soon\""), "Expected 'asOf' to be a time such as \"2025-12-31T00:00:00Z\", but found another text." },
        { "/predict", Trip("\"fare\":1", "\"fare\":1,\"fare\":2"), "Expected a JSON object with each field once, but found text that is none." },
        { "/labels", "{\"predictionId\":null,\"isBigTip\":true}", "Expected the field 'predictionId', but found none." },
        { "/labels", "{\"predictionId\":\"none\",\"isBigTip\":true}", "Expected 'predictionId' to be an id that /predict gave, and 'observedAt' the time of the outcome, but found something else." },
        { "/labels", "{\"predictionId\":\"00000000-0000-0000-0000-000000000000\",\"isBigTip\":true}", "Expected 'predictionId' to be an id that /predict gave, and 'observedAt' the time of the outcome, but found something else." },
        { "/labels", "{\"predictionId\":\"none\",\"isBigTip\":1}", "Expected 'isBigTip' to be true or false, but found a number." },
    };

    [LinuxFact]
    public async Task Requests_ThatAreWrong_GetASentence()
    {
        using var data = taxi.CopyDirectory();
        await PublishAsync(data);
        using var service = await WebApiProcess.StartAsync(data.FullName);
        await service.WaitForHealthAsync("Healthy");

        foreach (var request in WrongRequests)
        {
            var (path, body, expected) = ((string)request[0], (string)request[1], (string)request[2]);
            using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
            using var response = await service.Client.PostAsync(new Uri(path, UriKind.Relative), content);
            var problem = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
            Assert.Equal((HttpStatusCode.BadRequest, expected), (response.StatusCode, problem.GetProperty("detail").GetString()));
            Assert.DoesNotContain("   at ", problem.ToString(), StringComparison.Ordinal);
        }

        await service.TerminateAsync();
        var (exitCode, output) = await service.WaitForExitAsync();
        Assert.True(exitCode == 0, output);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task Predict_ExampleOfTheReadme_FindsTheStoredFeaturesAndSaysWhatIsMissing()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "samples", "WebApi", "README.md"));
        var start = readme.IndexOf("-d '{", StringComparison.Ordinal) + "-d '".Length;
        var example = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(readme[start..(readme.IndexOf("}'", start, StringComparison.Ordinal) + 1)])!;
        var asOf = example["asOf"].GetDateTimeOffset();
        var stream = SyntheticTrips.Create(12_000, seed: 1).Trips;
        AssertFresh(TripHistory.OfCompanies(stream).Where(r => r.Company == example["company"].GetString()).Select(r => r.CreatedTime));
        AssertFresh(TripHistory.OfAreas(stream).Where(r => r.PickupArea == example["pickupArea"].GetInt64()).Select(r => r.CreatedTime));

        // The stream of the tests is shorter than that of the Quickstart; this company has driven, and in this area, in its last weeks.
        var trips = SyntheticTrips.Create(600, seed: 3).Trips;
        var company = TripHistory.OfCompanies(trips).MaxBy(r => r.EventTime)!.Company;
        var area = TripHistory.OfAreas(trips).MaxBy(r => r.EventTime)!.PickupArea;
        using var data = taxi.CopyDirectory();
        await PublishAsync(data);
        using var service = await WebApiProcess.StartAsync(data.FullName);
        await service.WaitForHealthAsync("Healthy");
        example["company"] = JsonSerializer.SerializeToElement(company);
        example["pickupArea"] = JsonSerializer.SerializeToElement(area);

        Assert.Equal(("present", "present"), await FeaturesAsync(example));
        example["company"] = JsonSerializer.SerializeToElement("Nobody");
        Assert.Equal(("missing", "present"), await FeaturesAsync(example));
        example["asOf"] = JsonSerializer.SerializeToElement("2027-06-01T00:00:00Z");
        Assert.Equal(("missing", "expired"), await FeaturesAsync(example));

        void AssertFresh(IEnumerable<DateTimeOffset> times) => Assert.InRange(asOf - times.Max(), TimeSpan.Zero, SyntheticTrips.TimeToLive);

        async Task<(string?, string?)> FeaturesAsync(object body)
        {
            var (status, answer) = await service.PostAsync("/predict", body);
            Assert.Equal(HttpStatusCode.OK, status);
            var features = answer.GetProperty("features");
            return (features.GetProperty("company_stats").GetString(), features.GetProperty("area_stats").GetString());
        }
    }

    [LinuxFact]
    public async Task Start_ThatFails_IsOneSentenceAndExitCode1()
    {
        using var data = new TempDirectory();
        using var first = await WebApiProcess.StartAsync(data.FullName);
        var cases = new (Dictionary<string, string?> Settings, string Expected)[]
        {
            (new() { ["MlPlatform__Models__big-tipper__PoolSize"] = "many" }, "MlPlatform:Models:big-tipper:PoolSize must be a whole number, but is 'many'."),
            (new() { ["MlPlatform__Models__big-tipper__PoolSize"] = "0" }, "MlPlatform:Models:big-tipper:PoolSize must be between 1 and 4096, but is 0."),
            (new() { ["MlPlatform__OwnrWait"] = "00:00:01" }, "MlPlatform:OwnrWait is no setting; the closest is 'OwnerWait'."),
            (new() { ["Urls"] = first.Client.BaseAddress!.GetLeftPart(UriPartial.Authority) }, "address already in use"),
            (new() { ["Urls"] = "nonsense" }, "nonsense"),
        };
        foreach (var (settings, expected) in cases)
        {
            using var other = new TempDirectory();
            var (exitCode, output, errors) = await WebApiProcess.RunToEndAsync(other.FullName, TimeSpan.Zero, settings);

            Assert.True(exitCode == 1, output + errors);
            Assert.Contains(expected, Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        }
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

        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
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

        var (exitCode, output, errors) = await WebApiProcess.RunToEndAsync(data.FullName, ownerWait: TimeSpan.Zero);

        Assert.True(exitCode == 1, output + errors);
        var line = Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(data.FullName, line, StringComparison.Ordinal);
        Assert.Contains(FormattableString.Invariant($"process {first.Id}"), line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await first.GetAsync("/health/ready")).Status);
    }

    private static string Trip(string old, string replacement)
        => "{\"paymentType\":\"Cash\",\"hour\":1,\"weekday\":1,\"month\":1,\"miles\":1,\"seconds\":1,\"fare\":1}".Replace(old, replacement, StringComparison.Ordinal);

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
