using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mlp.Training.Runs.Mlflow;

/// <summary>Speaks MLflow's REST API 2.0: sends again while the server is busy or cannot be reached, and turns refusals into sentences.</summary>
internal sealed class MlflowClient(HttpClient http, MlflowOptions options, TimeProvider time)
{
    private const string Prefix = "api/2.0/";
    private const int LongestMessage = 500;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    /// <summary>Whether an answer may be another one a moment later.</summary>
    public static bool IsTransient(HttpStatusCode status)
        => status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.InternalServerError
            or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    /// <summary>Gets.</summary>
    /// <param name="path">The path behind the API's prefix, with its query.</param>
    /// <param name="expectedError">An error that is returned and not thrown.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<MlflowAnswer> GetAsync(string path, string? expectedError, CancellationToken cancellationToken)
        => SendAsync(() => new HttpRequestMessage(HttpMethod.Get, Prefix + path), path, expectedError, cancellationToken);

    /// <summary>Posts JSON.</summary>
    /// <param name="path">The path behind the API's prefix.</param>
    /// <param name="body">The body.</param>
    /// <param name="expectedError">An error that is returned and not thrown.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<MlflowAnswer> PostAsync(string path, JsonObject body, string? expectedError, CancellationToken cancellationToken)
    {
        var json = body.ToJsonString();
        return SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, Prefix + path) { Content = new StringContent(json, Encoding.UTF8, "application/json") }, path, expectedError, cancellationToken);
    }

    /// <summary>Uploads a file.</summary>
    /// <param name="path">The path behind the API's prefix.</param>
    /// <param name="file">The file, read anew at each attempt.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task PutFileAsync(string path, string file, CancellationToken cancellationToken)
        => SendAsync(
            () =>
            {
                var content = new StreamContent(File.OpenRead(file));
                content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
                return new HttpRequestMessage(HttpMethod.Put, Prefix + path) { Content = content };
            },
            path,
            expectedError: null,
            cancellationToken);

    private async Task<MlflowAnswer> SendAsync(Func<HttpRequestMessage> create, string path, string? expectedError, CancellationToken cancellationToken)
    {
        var wait = options.RetryDelay;
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan? asked = null;
            try
            {
                using var request = create();
                using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
                var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
                if (!IsTransient(response.StatusCode) || attempt >= options.MaximumAttempts)
                {
                    return Read(path, response, text, expectedError);
                }

                asked = response.Headers.RetryAfter is { } after ? after.Delta ?? (after.Date - time.GetUtcNow()) : null;
            }
            catch (Exception e) when (IsUnreachable(e, cancellationToken))
            {
                if (attempt >= options.MaximumAttempts)
                {
                    throw new MlflowException(
                        FormattableString.Invariant($"Expected an MLflow server at '{http.BaseAddress}' to answer '{Bare(path)}', but none did in {attempt} attempts: {e.Message}"), innerException: e);
                }
            }

            await Task.Delay(Clamp(asked ?? wait), time, cancellationToken).ConfigureAwait(false);
            wait *= 2;
        }
    }

    // The client's own timeout comes as a cancellation that nobody asked for.
    private static bool IsUnreachable(Exception e, CancellationToken cancellationToken)
        => e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private static TimeSpan Clamp(TimeSpan wait) => wait < TimeSpan.Zero ? TimeSpan.Zero : wait > LongestWait ? LongestWait : wait;

    private static string Bare(string path) => path.Split('?', 2)[0];

    private MlflowAnswer Read(string path, HttpResponseMessage response, string text, string? expectedError)
    {
        var body = TryParse(text);
        if (response.IsSuccessStatusCode)
        {
            return body is not null || text.Length == 0
                ? new(null, body ?? [])
                : throw new MlflowException(
                    $"Expected an MLflow server at '{http.BaseAddress}' to answer '{Bare(path)}' with a JSON object, but found something else.", response.StatusCode);
        }

        var code = TextOf(body, "error_code");
        if (code is not null && code == expectedError)
        {
            return new(code, body!);
        }

        var message = TextOf(body, "message") ?? response.ReasonPhrase ?? "no reason given";
        throw new MlflowException(
            FormattableString.Invariant(
                $"Expected the MLflow server at '{http.BaseAddress}' to accept '{Bare(path)}', but it answered {(int)response.StatusCode}{(code is null ? string.Empty : " " + code)}: {(message.Length <= LongestMessage ? message : message[..LongestMessage] + "...")}"),
            response.StatusCode,
            code);
    }

    private static JsonObject? TryParse(string text)
    {
        try
        {
            return text.Length == 0 ? null : JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? TextOf(JsonObject? body, string name) => body?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
