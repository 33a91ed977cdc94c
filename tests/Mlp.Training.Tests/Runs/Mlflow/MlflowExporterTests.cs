using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime;
using Mlp.TestSupport;
using Mlp.Training.Runs;
using Mlp.Training.Runs.Mlflow;

namespace Mlp.Training.Tests.Runs.Mlflow;

public sealed class MlflowExporterTests : IDisposable
{
    private const string Search = "/api/2.0/mlflow/runs/search";

    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [ReferenceDataFact(RecordedMlflow.Recording)]
    public async Task ExportAsync_FinishedRun_SendsAllOfItInTheRecordedForm()
    {
        using var server = Server();
        using var client = new HttpClient { BaseAddress = server.Root };
        var run = Run("big-tipper", metrics: 2_500);

        var export = await new MlflowExporter(client).ExportAsync(run);

        Assert.Equal(("1", RecordedMlflow.RunId), (export.ExperimentId, export.RunId));
        Assert.Equal(["long"], export.ShortenedValues);
        var created = Assert.Single(server.Posts("runs/create"));
        Assert.Equal(("first", 1_700_000_000_000), ((string)created["run_name"]!, (long)created["start_time"]!));
        var batches = server.Posts("runs/log-batch");
        Assert.All(batches, b => Assert.Equal(RecordedMlflow.RunId, (string)b["run_id"]!));
        var parameters = batches.SelectMany(b => b["params"]?.AsArray() ?? []).ToDictionary(p => (string)p!["key"]!, p => (string)p!["value"]!);
        Assert.Equal(251, parameters.Count);
        Assert.Equal(6000, parameters["long"].Length);
        var points = batches.SelectMany(b => b["metrics"]?.AsArray() ?? []).ToArray();
        Assert.Equal(Enumerable.Range(0, 2_500).Select(i => (long)i), points.Where(p => (string)p!["key"]! == "loss").Select(p => (long)p!["step"]!));
        Assert.Equal(
            Enumerable.Range(0, 2_500).Select(i => 1_700_000_000_000 + i), points.Where(p => (string)p!["key"]! == "loss").Select(p => (long)p!["timestamp"]!));
        Assert.Equal(["NaN", "Infinity", "-Infinity"], points.Where(p => (string)p!["key"]! == "odd").Select(p => (string)p!["value"]!));
        var tags = batches.SelectMany(b => b["tags"]?.AsArray() ?? []).ToDictionary(t => (string)t!["key"]!, t => (string)t!["value"]!);
        Assert.Equal(("b", "tips version 3", "1.0"), (tags["team"], tags["mlp.models"], tags["mlp.code_version"]));
        Assert.Equal(new string('a', 36), (string)Assert.Single(server.Posts("runs/log-inputs"))["datasets"]![0]!["dataset"]!["digest"]!);
        var upload = Assert.Single(server.Requests, r => r.Method == "PUT");
        Assert.Equal($"/api/2.0/mlflow-artifacts/artifacts/1/{RecordedMlflow.RunId}/artifacts/model/MLmodel", upload.Path);
        Assert.Equal([1, 2, 3], upload.Bytes);
        var end = Assert.Single(server.Posts("runs/update"));
        Assert.Equal(("FINISHED", 1_700_000_005_000), ((string)end["status"]!, (long)end["end_time"]!));
        Assert.Equal("POST /api/2.0/mlflow/runs/update", $"{server.Requests[^1].Method} {server.Requests[^1].Path}");
    }

    [ReferenceDataFact(RecordedMlflow.Recording)]
    public async Task ExportAsync_ExperimentIsNew_IsCreated()
    {
        using var server = Server();
        using var client = new HttpClient { BaseAddress = server.Root };

        var export = await new MlflowExporter(client).ExportAsync(Run("absent"));

        Assert.Equal("1", export.ExperimentId);
        Assert.Equal("absent", (string)Assert.Single(server.Posts("experiments/create"))["name"]!);
    }

    [ReferenceDataFact(RecordedMlflow.Recording)]
    public async Task ExportAsync_SomebodyElseCreatesTheExperiment_UsesThat()
    {
        using var server = Server();
        using var client = new HttpClient { BaseAddress = server.Root };
        var asked = 0;
        server.Answers = (path, _) => path.Contains("get-by-name", StringComparison.Ordinal) && asked++ == 0 ? (404, """{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"none"}""")
            : path.EndsWith("experiments/create", StringComparison.Ordinal) ? (400, """{"error_code":"RESOURCE_ALREADY_EXISTS","message":"there"}""")
            : NothingFound(path);

        Assert.Equal("1", (await new MlflowExporter(client).ExportAsync(Run("big-tipper"))).ExperimentId);
    }

    [ReferenceDataFact(RecordedMlflow.Recording)]
    public async Task ExportAsync_CompleteBefore_IsNotRepeated()
    {
        using var server = new RecordedMlflow();
        using var client = new HttpClient { BaseAddress = server.Root };

        var export = await new MlflowExporter(client).ExportAsync(Run("big-tipper"));

        Assert.Equal(RecordedMlflow.RunId, export.RunId);
        Assert.Equal("tags.mlp_run_id = '0198'", (string)Assert.Single(server.Posts("runs/search"))["filter"]!);
        Assert.Empty(server.Posts("runs/create"));
        Assert.Empty(server.Posts("runs/log-batch"));
    }

    [ReferenceDataFact(RecordedMlflow.Recording)]
    public async Task ExportAsync_CutShortBefore_GoesOnInTheSameRun()
    {
        using var server = new RecordedMlflow();
        using var client = new HttpClient { BaseAddress = server.Root };
        server.Answers = (path, _) => path == Search
            ? (200, $$$"""{"runs":[{"info":{"run_id":"{{{RecordedMlflow.RunId}}}","status":"RUNNING","artifact_uri":"mlflow-artifacts:/1/{{{RecordedMlflow.RunId}}}/artifacts"}}]}""")
            : null;

        await new MlflowExporter(client).ExportAsync(Run("big-tipper"));

        Assert.Empty(server.Posts("runs/create"));
        Assert.Single(server.Posts("runs/update"));
    }

    [ReferenceDataFact(RecordedMlflow.Recording)]
    public async Task ExportAsync_ServerIsBusy_TriesAgainAndWaitsLonger()
    {
        using var server = Server();
        using var client = new HttpClient { BaseAddress = server.Root };
        var time = new FakeTimeProvider();
        var refused = 0;
        server.Answers = (path, _) => path.EndsWith("log-batch", StringComparison.Ordinal) && refused++ < 2 ? (503, "<html>busy</html>") : NothingFound(path);

        var exporting = new MlflowExporter(client, timeProvider: time).ExportAsync(Run("big-tipper"));
        while (!exporting.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        await exporting;
        Assert.Equal(3 + 2, server.Posts("runs/log-batch").Count);
    }

    [ReferenceDataFact(RecordedMlflow.Recording)]
    public async Task ExportAsync_ServerRefuses_IsASentence()
    {
        using var server = Server();
        using var client = new HttpClient { BaseAddress = server.Root };
        server.Answers = (path, _) => path.EndsWith("log-batch", StringComparison.Ordinal)
            ? (400, """{"error_code":"INVALID_PARAMETER_VALUE","message":"Changing param values is not allowed."}""") : NothingFound(path);

        var e = await Assert.ThrowsAsync<MlflowException>(() => new MlflowExporter(client).ExportAsync(Run("big-tipper")));

        Assert.Equal(
            $"Expected the MLflow server at '{server.Root}' to accept 'mlflow/runs/log-batch', but it answered 400 INVALID_PARAMETER_VALUE: Changing param values is not allowed.", e.Message);
        Assert.Equal((HttpStatusCode.BadRequest, "INVALID_PARAMETER_VALUE", false), (e.StatusCode, e.ErrorCode, e.IsTransient));
    }

    [ReferenceDataFact(RecordedMlflow.Recording)]
    public async Task ExportAsync_ArtifactWasChanged_IsASentenceAndNothingIsEnded()
    {
        using var server = Server();
        using var client = new HttpClient { BaseAddress = server.Root };
        var run = Run("big-tipper");
        await File.WriteAllBytesAsync(run.Artifacts[0].Path, [9]);

        await Assert.ThrowsAsync<CorruptFileException>(() => new MlflowExporter(client).ExportAsync(run));

        Assert.Empty(server.Posts("runs/update"));
    }

    [Fact]
    public async Task ExportAsync_NobodyAnswers_IsASentence()
    {
        using var client = new HttpClient(new Unreachable()) { BaseAddress = new Uri("http://mlflow.test/") };

        var e = await Assert.ThrowsAsync<MlflowException>(
            () => new MlflowExporter(client, new MlflowOptions { MaximumAttempts = 2, RetryDelay = TimeSpan.FromMilliseconds(1) }).ExportAsync(Run("big-tipper")));

        Assert.Equal("Expected an MLflow server at 'http://mlflow.test/' to answer 'mlflow/experiments/get-by-name', but none did in 2 attempts: no route", e.Message);
        Assert.True(e.IsTransient);
    }

    [Fact]
    public async Task ExportAsync_NobodyAnswers_WaitsTwiceAsLongEachTime()
    {
        var time = new FakeTimeProvider();
        var attempts = new List<DateTimeOffset>();
        using var client = new HttpClient(new Unreachable(() => attempts.Add(time.GetUtcNow()))) { BaseAddress = new Uri("http://mlflow.test/") };
        var exporting = new MlflowExporter(client, new MlflowOptions { MaximumAttempts = 4, RetryDelay = TimeSpan.FromSeconds(10) }, time).ExportAsync(Run("big-tipper"));
        while (!exporting.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Yield();
        }

        await Assert.ThrowsAsync<MlflowException>(() => exporting);
        var waits = attempts.Zip(attempts.Skip(1), (a, b) => (b - a).TotalSeconds).ToArray();
        Assert.Equal(3, waits.Length);
        Assert.All(waits.Zip([10.0, 20, 40]), p => Assert.True(p.First >= p.Second, $"waited {p.First} s, and {p.Second} were due"));
    }

    [Fact]
    public async Task ExportAsync_ServerNamesTheTimeToComeBack_WaitsForIt()
    {
        var time = new ImpatientTime();
        var inAnHour = new RetryConditionHeaderValue(TimeSpan.FromHours(1));
        var server = new Busy(
            (HttpStatusCode.TooManyRequests, new(TimeSpan.FromSeconds(30))),
            (HttpStatusCode.ServiceUnavailable, inAnHour),
            (HttpStatusCode.TooManyRequests, new(time.GetUtcNow() + TimeSpan.FromSeconds(7))),
            (HttpStatusCode.TooManyRequests, new(time.GetUtcNow() - TimeSpan.FromSeconds(7))),
            (HttpStatusCode.BadGateway, null),
            (HttpStatusCode.TooManyRequests, null));
        using var client = new HttpClient(server) { BaseAddress = new Uri("http://mlflow.test/") };

        var e = await Assert.ThrowsAsync<MlflowException>(
            () => new MlflowExporter(client, new MlflowOptions { MaximumAttempts = 6, RetryDelay = TimeSpan.FromSeconds(1) }, time).ExportAsync(Run("big-tipper")));

        // A time that is over needs no wait; where the server names none, it is what four attempts have doubled.
        Assert.Equal([30, 120, 7, 16], time.Waits.Select(w => w.TotalSeconds));
        Assert.Equal((HttpStatusCode.TooManyRequests, true), (e.StatusCode, e.IsTransient));
    }

    [Fact]
    public void Constructor_NoBaseAddress_IsASentence()
    {
        using var client = new HttpClient();

        var e = Assert.Throws<ArgumentException>(() => new MlflowExporter(client));

        Assert.StartsWith("Expected a client whose base address is the root of the MLflow server and ends with '/'", e.Message, StringComparison.Ordinal);
    }

    private static RecordedMlflow Server() => new() { Answers = (path, _) => NothingFound(path) };

    // The recorded search finds the recorded run.
    private static (int Status, string Body)? NothingFound(string path) => path == Search ? (200, "{}") : null;

    private RunRecord Run(string experiment, int metrics = 3)
    {
        var start = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000);
        var file = _folder.Combine("MLmodel");
        File.WriteAllBytes(file, [1, 2, 3]);
        var parameters = Enumerable.Range(0, metrics > 3 ? 250 : 1).ToDictionary(i => $"p{i:D3}", i => $"{i}");
        parameters["long"] = new string('x', 7000);
        return new RunRecord
        {
            Id = "0198",
            Experiment = experiment,
            Name = "first",
            Status = RunStatus.Finished,
            StartedAt = start,
            EndedAt = start.AddSeconds(5),
            CodeVersion = "1.0",
            TrainingSetHash = new string('a', 64),
            TrainingSetRowCount = 100,
            Parameters = parameters,
            Tags = new Dictionary<string, string> { ["team"] = "b" },
            Metrics = new Dictionary<string, IReadOnlyList<MetricPoint>>
            {
                ["loss"] = [.. Enumerable.Range(0, metrics).Select(i => new MetricPoint(i, 1.0 / (i + 1), start.AddMilliseconds(i)))],
                ["odd"] = [new(0, double.NaN, start), new(1, double.PositiveInfinity, start), new(2, double.NegativeInfinity, start)],
            },
            Models = [new RunModel("tips", 3)],
            Artifacts = [new RunArtifact("model/MLmodel", file, "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81", 3)],
        };
    }

    private sealed class Unreachable(Action? asked = null) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            asked?.Invoke();
            throw new HttpRequestException("no route");
        }
    }

    /// <summary>Refuses each request, as one of a list says.</summary>
    private sealed class Busy(params (HttpStatusCode Status, RetryConditionHeaderValue? RetryAfter)[] answers) : HttpMessageHandler
    {
        private int _asked;

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var (status, after) = answers[_asked++];
            return Task.FromResult(new HttpResponseMessage(status) { Headers = { RetryAfter = after }, Content = new StringContent("busy") });
        }
    }

    /// <summary>Stands still; a wait is over as soon as it has been asked for.</summary>
    private sealed class ImpatientTime : TimeProvider
    {
        public List<TimeSpan> Waits { get; } = [];

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Waits.Add(dueTime);
            return System.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
