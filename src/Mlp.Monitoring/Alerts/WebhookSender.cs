using System.Globalization;
using System.IO.Hashing;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Mlp.Monitoring.Alerts;

/// <summary>Posts the alerts of one queue, one at a time, until each is delivered or given up.</summary>
/// <param name="queue">What waits.</param>
/// <param name="client">Posts; follows no redirection and has no timeout of its own.</param>
/// <param name="metrics">Counts.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="onRemoved">Told when the queue has become shorter, so that the state is written.</param>
/// <param name="logger">Hears of failures.</param>
internal sealed class WebhookSender(WebhookQueue queue, HttpClient client, AlertMetrics metrics, TimeProvider timeProvider, Func<Task> onRemoved, ILogger logger)
{
    private readonly WebhookConfiguration _configuration = queue.Configuration;

    private enum Outcome
    {
        Delivered,
        Retry,
        Refused,
    }

    /// <summary>Posts until it is cancelled; never fails otherwise.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var (delivery, wait) = queue.Next(timeProvider.GetUtcNow());
                if (delivery is null)
                {
                    await queue.WaitAsync(wait, timeProvider, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    await DeliverAsync(delivery, cancellationToken).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The platform closes; what waits stands in the state file.
            }
#pragma warning disable CA1031 // Whatever happens to one alert, the others are posted.
            catch (Exception e)
#pragma warning restore CA1031
            {
                metrics.Failure("webhook");
                logger.LogError(e, "Posting alerts to webhook {Webhook} failed; it goes on in {Seconds:0.0} s.", _configuration.Name, _configuration.MaximumRetryInterval.TotalSeconds);
                await Task.Delay(_configuration.MaximumRetryInterval, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task DeliverAsync(WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        var (outcome, problem, retryAfter) = await TryPostAsync(delivery, cancellationToken).ConfigureAwait(false);
        var now = timeProvider.GetUtcNow();
        var attempts = delivery.AttemptCount + 1;
        if (outcome == Outcome.Delivered)
        {
            metrics.Attempt(_configuration.Name, "delivered");
            queue.Remove(delivery, othersAt: now);
            await onRemoved().ConfigureAwait(false);
        }
        else if (outcome == Outcome.Refused || now - delivery.CreatedAt >= _configuration.GiveUpAfter)
        {
            metrics.Attempt(_configuration.Name, "given_up");
            logger.LogError(
                "Alert {Rule} ({Id}) was given up for webhook {Webhook} after {Count} attempts: {Problem}", delivery.Alert.Rule, delivery.Id, _configuration.Name, attempts, problem);
            queue.Remove(delivery, othersAt: null);
            await onRemoved().ConfigureAwait(false);
        }
        else
        {
            metrics.Attempt(_configuration.Name, "failed");
            var wait = Wait(_configuration, delivery.Id, attempts, retryAfter);
            logger.LogWarning(
                "Alert {Rule} ({Id}) could not be posted to webhook {Webhook} and is tried again in {Seconds:0.0} s: {Problem}",
                delivery.Alert.Rule,
                delivery.Id,
                _configuration.Name,
                wait.TotalSeconds,
                problem);
            queue.Postpone(delivery with { AttemptCount = attempts, NextAttemptAt = now + wait });
        }
    }

    private async Task<(Outcome Outcome, string Problem, TimeSpan? RetryAfter)> TryPostAsync(WebhookDelivery delivery, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_configuration.Timeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using var request = CreateRequest(_configuration, delivery, timeProvider.GetUtcNow());
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            var problem = string.Create(CultureInfo.InvariantCulture, $"Expected status 2xx, but found {(int)response.StatusCode}.");
            return response.IsSuccessStatusCode ? (Outcome.Delivered, string.Empty, null)
                : IsTransient(response.StatusCode) ? (Outcome.Retry, problem, response.Headers.RetryAfter?.Delta)
                : (Outcome.Refused, problem, null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (Outcome.Retry, string.Create(CultureInfo.InvariantCulture, $"Expected an answer within {_configuration.Timeout.TotalSeconds:0.#} s, but there was none."), null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (Outcome.Retry, e.Message, null);
        }
    }

    /// <summary>The request of a delivery.</summary>
    internal static HttpRequestMessage CreateRequest(WebhookConfiguration webhook, WebhookDelivery delivery, DateTimeOffset now)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(WebhookBody.Of(delivery), AlertJsonContext.Default.WebhookBody);
        var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        request.Headers.Add("Mlp-Delivery", delivery.Id);
        request.Headers.Add("Mlp-Timestamp", timestamp);
        if (webhook.Secret is { } secret)
        {
            byte[] signed = [.. Encoding.ASCII.GetBytes(timestamp), (byte)'.', .. body];
            request.Headers.Add("Mlp-Signature", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(secret, signed)));
        }

        return request;
    }

    /// <summary>How long to wait after an attempt: twice as long each time, less up to a half, so that many waiting at once do not come back at once. The half is taken from the id: no state, and the same in a test.</summary>
    internal static TimeSpan Wait(WebhookConfiguration webhook, string deliveryId, int attemptCount, TimeSpan? retryAfter)
    {
        var full = Math.Min(webhook.FirstRetryInterval.TotalSeconds * Math.Pow(2, Math.Min(attemptCount - 1, 62)), webhook.MaximumRetryInterval.TotalSeconds);
        var share = (XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(deliveryId), attemptCount) >> 11) * (1.0 / (1UL << 53));
        var wait = TimeSpan.FromSeconds(full * (1 - (share / 2)));
        var asked = retryAfter is { } after && after > TimeSpan.Zero ? TimeSpan.FromSeconds(Math.Min(after.TotalSeconds, webhook.MaximumRetryInterval.TotalSeconds)) : TimeSpan.Zero;
        return wait > asked ? wait : asked;
    }

    private static bool IsTransient(HttpStatusCode status) => (int)status >= 500 || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or (HttpStatusCode)425;
}
