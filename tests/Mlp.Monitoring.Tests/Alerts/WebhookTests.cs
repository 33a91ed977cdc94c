using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Mlp.Monitoring.Alerts;

namespace Mlp.Monitoring.Tests.Alerts;

public sealed class WebhookTests : IDisposable
{
    private readonly AlertHarness _alerts = new();
    private readonly LoopbackReceiver _receiver = new();

    public WebhookTests()
    {
        _alerts.Options.Rules["auc"] = new AlertRuleOptions { Figure = "performance.auc", Condition = AlertCondition.Below, Threshold = 0.8, Severity = AlertSeverity.Critical };
        _alerts.Options.Webhooks["pager"] = new WebhookOptions { Url = _receiver.Url, Secret = "geheim", Timeout = TimeSpan.FromDays(1) };
    }

    public void Dispose()
    {
        _alerts.Dispose();
        _receiver.Dispose();
    }

    [Fact]
    public async Task Alert_ThatFiresAndResolves_IsPostedAsDocumentedAndSigned()
    {
        await using var run = await StartAsync();
        await _alerts.LookAsync(run.Watch, 0.7);
        var fired = await _receiver.NextAsync();
        await _alerts.LookAsync(run.Watch, 0.9);
        var resolved = await _receiver.NextAsync();

        using var body = JsonDocument.Parse(fired.Body);
        var alert = body.RootElement.GetProperty("alert");
        Assert.Equal("application/json", fired.Headers["Content-Type"]);
        Assert.Equal(("mlp-alert", 1), (body.RootElement.GetProperty("format").GetString(), body.RootElement.GetProperty("formatVersion").GetInt32()));
        Assert.Equal(fired.Headers["Mlp-Delivery"], body.RootElement.GetProperty("id").GetString());
        Assert.Equal(
            ("auc", "critical", "firing", "performance.auc", 0.7, 0.8),
            (Text("rule"), Text("severity"), Text("state"), Text("figure"), alert.GetProperty("value").GetDouble(), alert.GetProperty("threshold").GetDouble()));
        Assert.Equal(("tips", 1), (alert.GetProperty("subject").GetProperty("model").GetString(), alert.GetProperty("subject").GetProperty("version").GetInt32()));
        Assert.Contains("\"resolved\"", resolved.Body, StringComparison.Ordinal);
        var signed = $"{fired.Headers["Mlp-Timestamp"]}.{fired.Body}";
        Assert.Equal("sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData("geheim"u8.ToArray(), Encoding.UTF8.GetBytes(signed))), fired.Headers["Mlp-Signature"]);

        string? Text(string name) => alert.GetProperty(name).GetString();
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.RequestTimeout)]
    public async Task Alert_ReceiverThatIsBusy_IsTriedAgainUntilItIsTaken(HttpStatusCode status)
    {
        _receiver.Answers = attempt => attempt <= 2 ? status : HttpStatusCode.NoContent;
        await using var run = await StartAsync();
        await _alerts.LookAsync(run.Watch, 0.7);
        var first = await _receiver.NextAsync();
        await run.AdvanceUntilAsync(() => _receiver.Count >= 3);
        await run.WaitAsync(() => run.Watch.PendingDeliveryCount == 0);

        Assert.Equal(first.Headers["Mlp-Delivery"], (await _receiver.NextAsync()).Headers["Mlp-Delivery"]);
        Assert.Equal(2, _alerts.Log.Lines.Count(l => l.Message.Contains("is tried again in", StringComparison.Ordinal)));
        Assert.DoesNotContain("geheim", string.Concat(_alerts.Log.Lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.BadRequest)]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.Found)]
    public async Task Alert_ReceiverThatRefuses_IsGivenUpAndSaid(HttpStatusCode status)
    {
        _receiver.Answers = _ => status;
        await using var run = await StartAsync();
        await _alerts.LookAsync(run.Watch, 0.7);
        await run.WaitAsync(() => run.Watch.PendingDeliveryCount == 0);

        Assert.Equal(1, _receiver.Count);
        Assert.Contains(_alerts.Log.Lines, l => l.Level == LogLevel.Error && l.Message.Contains("was given up for webhook pager after 1 attempts", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Alert_NobodyListens_IsGivenUpAfterItsTime()
    {
        // Bound and not listening: a port that were free could become somebody else's.
        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _alerts.Options.Webhooks["pager"].Url = FormattableString.Invariant($"http://{nobody.LocalEndPoint}/");
        _alerts.Options.Webhooks["pager"].GiveUpAfter = TimeSpan.FromMinutes(10);
        await using var run = await StartAsync();
        await _alerts.LookAsync(run.Watch, 0.7);
        var start = _alerts.Clock.GetUtcNow();
        await run.AdvanceUntilAsync(() => run.Watch.PendingDeliveryCount == 0);

        Assert.InRange(_alerts.Clock.GetUtcNow() - start, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(16));
        Assert.Contains(_alerts.Log.Lines, l => l.Message.Contains("was given up", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Alert_ReceiverThatNeverAnswers_TimesOutAndDelaysNoLook()
    {
        _receiver.Hangs = true;
        _alerts.Options.Webhooks["pager"].Timeout = TimeSpan.FromSeconds(10);
        await using var run = await StartAsync();
        await _alerts.LookAsync(run.Watch, 0.7);
        await run.WaitAsync(() => _receiver.Count >= 1);
        await _alerts.LookAsync(run.Watch, 0.9);
        Assert.Empty(run.Watch.Active);

        _alerts.Clock.Advance(TimeSpan.FromSeconds(10));
        await run.WaitAsync(() => _alerts.Log.Lines.Any(l => l.Message.Contains("Expected an answer within 10 s, but there was none.", StringComparison.Ordinal)));
        Assert.Equal(2, run.Watch.PendingDeliveryCount);
    }

    [Fact]
    public async Task Alert_ThatWasNotDelivered_IsPostedAfterARestartInOrder()
    {
        _receiver.Answers = _ => HttpStatusCode.ServiceUnavailable;
        await using (var first = await StartAsync())
        {
            await _alerts.LookAsync(first.Watch, 0.7);
            await _alerts.LookAsync(first.Watch, 0.9);
            await first.WaitAsync(() => _receiver.Count >= 1);
        }

        // Another receiver: a post that the end of the first run cut off may still come to the first one.
        using var later = new LoopbackReceiver();
        _alerts.Options.Webhooks["pager"].Url = later.Url;
        _alerts.Clock.Advance(TimeSpan.FromHours(1));
        await using var second = await StartAsync();
        await second.AdvanceUntilAsync(() => second.Watch.PendingDeliveryCount == 0);

        Assert.EndsWith("-firing", (await later.NextAsync()).Headers["Mlp-Delivery"], StringComparison.Ordinal);
        Assert.EndsWith("-resolved", (await later.NextAsync()).Headers["Mlp-Delivery"], StringComparison.Ordinal);
        Assert.Equal(2, later.Count);
    }

    [Fact]
    public async Task Alert_ClockThatIsSetBack_IsPostedAllTheSame()
    {
        _receiver.Answers = _ => HttpStatusCode.InternalServerError;
        _alerts.Clock.AdjustTime(AlertHarness.Noon.AddDays(365));
        await using (var ahead = await StartAsync())
        {
            await _alerts.LookAsync(ahead.Watch, 0.7);
            await ahead.WaitAsync(() => _alerts.Log.Lines.Any(l => l.Message.Contains("is tried again in", StringComparison.Ordinal)));
        }

        _receiver.Answers = _ => HttpStatusCode.OK;
        _receiver.Forget();
        _alerts.Clock.AdjustTime(AlertHarness.Noon);
        await using var right = await StartAsync();
        await right.WaitAsync(() => right.Watch.PendingDeliveryCount == 0);

        Assert.EndsWith("-firing", (await _receiver.NextAsync()).Headers["Mlp-Delivery"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_SomethingUnforeseen_IsSaidAndTheNextAlertIsPosted()
    {
        var queue = new WebhookQueue(WebhookConfiguration.From("w", new WebhookOptions { Url = _receiver.Url }));
        queue.Add(Delivery("a", 0));
        using var client = new HttpClient();
        using var metrics = new AlertMetrics();
        using var stop = new CancellationTokenSource();
        var calls = 0;
        var sender = new WebhookSender(queue, client, metrics, _alerts.Clock, () => ++calls == 1 ? throw new InvalidOperationException("Unforeseen.") : Task.CompletedTask, _alerts.Log);
        var run = sender.RunAsync(stop.Token);
        Assert.StartsWith("a-", (await _receiver.NextAsync()).Headers["Mlp-Delivery"], StringComparison.Ordinal);
        queue.Add(Delivery("b", 0));
        while (_receiver.Count < 2 && !run.IsCompleted)
        {
            _alerts.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }

        Assert.StartsWith("b-", (await _receiver.NextAsync()).Headers["Mlp-Delivery"], StringComparison.Ordinal);
        Assert.Contains(_alerts.Log.Lines, l => l.Level == LogLevel.Error && l.Message.Contains("webhook w", StringComparison.Ordinal));
        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task Alert_LessUrgentThanTheWebhookWants_IsNotPosted()
    {
        _alerts.Options.Rules["auc"].Severity = AlertSeverity.Warning;
        _alerts.Options.Webhooks["pager"].MinimumSeverity = AlertSeverity.Critical;
        await using var run = await StartAsync();

        await _alerts.LookAsync(run.Watch, 0.7);

        Assert.Equal((1, 0), (run.Watch.Active.Count, run.Watch.PendingDeliveryCount));
    }

    [Fact]
    public void Add_MoreThanThereIsRoomFor_GivesUpTheOldest()
    {
        var queue = new WebhookQueue(WebhookConfiguration.From("w", new WebhookOptions { Url = "http://127.0.0.1/", MaximumPendingCount = 2 }));

        Assert.Empty(queue.Add(Delivery("a", 3), Delivery("b", 1)));
        var lost = queue.Add(Delivery("c", 2));

        Assert.Equal("a", Assert.Single(lost).Alert.Id);
        Assert.Equal("b", queue.Next(AlertHarness.Noon.AddMinutes(5)).Delivery!.Alert.Id);
        Assert.Equal(TimeSpan.FromMinutes(1), queue.Next(AlertHarness.Noon).Wait);
    }

    [Fact]
    public void Next_ResolutionWhoseFiringIsPutOff_WaitsForIt()
    {
        var queue = new WebhookQueue(WebhookConfiguration.From("w", new WebhookOptions { Url = "http://127.0.0.1/" }));
        var resolved = Delivery("a", 0);
        queue.Add(Delivery("a", 3), resolved with { Alert = resolved.Alert with { State = AlertState.Resolved } });

        Assert.Equal((null, TimeSpan.FromMinutes(3)), queue.Next(AlertHarness.Noon));
        Assert.Equal(AlertState.Firing, queue.Next(AlertHarness.Noon.AddMinutes(3)).Delivery!.Alert.State);
    }

    [Fact]
    public async Task RunAsync_ReceiverThatWorksAgain_GetsTheOthersAtOnce()
    {
        var queue = new WebhookQueue(WebhookConfiguration.From("w", new WebhookOptions { Url = _receiver.Url }));
        queue.Add(Delivery("a", 0), Delivery("b", 4));
        using var client = new HttpClient();
        using var metrics = new AlertMetrics();
        using var stop = new CancellationTokenSource();
        var run = new WebhookSender(queue, client, metrics, _alerts.Clock, () => Task.CompletedTask, _alerts.Log).RunAsync(stop.Token);

        Assert.StartsWith("a-", (await _receiver.NextAsync()).Headers["Mlp-Delivery"], StringComparison.Ordinal);
        Assert.StartsWith("b-", (await _receiver.NextAsync()).Headers["Mlp-Delivery"], StringComparison.Ordinal);
        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public void Wait_OfTheAttempts_DoublesWithinItsJitterUpToTheLongest()
    {
        var webhook = WebhookConfiguration.From("w", new WebhookOptions { Url = "http://127.0.0.1/", FirstRetryInterval = TimeSpan.FromSeconds(1), MaximumRetryInterval = TimeSpan.FromMinutes(1) });
        for (var attempt = 1; attempt <= 100; attempt++)
        {
            var full = Math.Min(Math.Pow(2, attempt - 1), 60);
            var waits = Enumerable.Range(0, 100).Select(i => WebhookSender.Wait(webhook, $"id{i}", attempt, null).TotalSeconds).ToList();
            Assert.All(waits, w => Assert.InRange(w, full / 2, full));
            Assert.InRange(waits.Average() / full, 0.7, 0.8);
        }

        Assert.Equal(30, WebhookSender.Wait(webhook, "id", 1, TimeSpan.FromSeconds(30)).TotalSeconds);
        Assert.Equal(60, WebhookSender.Wait(webhook, "id", 1, TimeSpan.FromHours(30)).TotalSeconds);
    }

    private static WebhookDelivery Delivery(string id, int minute) => new(
        "w",
        new Alert
        {
            Id = id,
            Rule = "r",
            Severity = AlertSeverity.Info,
            State = AlertState.Firing,
            Subject = new("tips"),
            Figure = "f",
            Since = AlertHarness.Noon,
            FiredAt = AlertHarness.Noon,
            Message = "m",
        },
        AlertHarness.Noon,
        0,
        AlertHarness.Noon.AddMinutes(minute));

    private async Task<WebhookRun> StartAsync()
    {
        var watch = _alerts.Create();
        await watch.OpenAsync(CancellationToken.None);
        return new WebhookRun(watch, _alerts.Clock);
    }
}
