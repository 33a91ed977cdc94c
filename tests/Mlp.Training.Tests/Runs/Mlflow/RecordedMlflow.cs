using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Mlp.TestSupport;

namespace Mlp.Training.Tests.Runs.Mlflow;

/// <summary>
/// A server on loopback that gives the answers of a real MLflow server (3.17.2), recorded in <c>golden/mlflow/rest.json</c>. A request is answered by the recorded one of the same method and path; the
/// properties of its body, and of the entries in its lists, must be among those that were recorded.
/// </summary>
internal sealed class RecordedMlflow : IDisposable
{
    /// <summary>Where the recorded exchanges lie.</summary>
    public const string Recording = "golden/mlflow/rest.json";

    /// <summary>The run of the recording.</summary>
    public const string RunId = "c8dff4274dd049dd91a2e1f391b21129";

    private readonly HttpListener _listener;
    private readonly JsonArray _exchanges = (JsonArray)JsonNode.Parse(File.ReadAllText(ReferenceData.Find(Recording)!))!;
    private readonly List<(string Method, string Path, JsonNode? Body, byte[] Bytes)> _requests = [];

    public RecordedMlflow()
    {
        for (var attempt = 0; ; attempt++)
        {
            Root = new Uri(FormattableString.Invariant($"http://127.0.0.1:{LoopbackPorts.Take()}/"));
            _listener = new HttpListener { Prefixes = { Root.AbsoluteUri } };
            try
            {
                _listener.Start();
                break;
            }
            catch (HttpListenerException) when (attempt < 10)
            {
                _listener.Close();
            }
        }

        _ = ServeAsync();
    }

    /// <summary>Root of the server.</summary>
    public Uri Root { get; }

    /// <summary>What came, in order.</summary>
    public IReadOnlyList<(string Method, string Path, JsonNode? Body, byte[] Bytes)> Requests
    {
        get
        {
            lock (_requests)
            {
                return [.. _requests];
            }
        }
    }

    /// <summary>Answers instead of the recording: status and body; null leaves it to the recording.</summary>
    public Func<string, JsonNode?, (int Status, string Body)?> Answers { get; set; } = (_, _) => null;

    /// <summary>Bodies of the posts to a path.</summary>
    public IReadOnlyList<JsonNode> Posts(string path) => [.. Requests.Where(r => r.Method == "POST" && r.Path == "/api/2.0/mlflow/" + path).Select(r => r.Body!)];

    public void Dispose() => _listener.Close();

    private static IEnumerable<string> Shape(JsonNode? node, string at) => node switch
    {
        JsonObject o => o.SelectMany(p => Shape(p.Value, $"{at}.{p.Key}").Prepend($"{at}.{p.Key}")),
        JsonArray a => a.SelectMany(n => Shape(n, at + "[]")),
        _ => [],
    };

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var bytes = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(bytes);
                var isJson = context.Request.ContentType?.StartsWith("application/json", StringComparison.Ordinal) == true;
                var body = isJson ? JsonNode.Parse(bytes.ToArray()) : null;
                var path = context.Request.RawUrl!;
                lock (_requests)
                {
                    _requests.Add((context.Request.HttpMethod, path, body, bytes.ToArray()));
                }

                var (status, text) = Answers(path, body) ?? Recorded(context.Request.HttpMethod, path, body);
                context.Response.StatusCode = status;
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text));
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
            }
        }
    }

    private (int Status, string Body) Recorded(string method, string path, JsonNode? body)
    {
        var tooMany = body?["metrics"] is JsonArray { Count: > 1000 };
        var candidates = _exchanges.Where(e => (string)e!["method"]! == method && (string)e["path"]! == path && (tooMany ? IsRefusedBatch(e) : (int)e["status"]! == 200 || method == "GET")).ToArray();
        var known = candidates.SelectMany(e => Shape(e!["request"], string.Empty)).ToHashSet();
        if (candidates.Length == 0 || Shape(body, string.Empty).Any(s => !known.Contains(s)))
        {
            return (400, $$"""{"error_code":"NOT_RECORDED","message":"{{method}} {{path}} was not recorded so"}""");
        }

        var response = candidates[0]!["response"];
        return ((int)candidates[0]!["status"]!, response is JsonValue value ? (string)value! : response!.ToJsonString());
    }

    private static bool IsRefusedBatch(JsonNode exchange) => exchange["response"]?["message"] is JsonValue message && ((string)message!).StartsWith("A batch logging request", StringComparison.Ordinal);
}
