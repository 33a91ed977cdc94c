using System.Net;
using System.Threading.Channels;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Alerts;

/// <summary>A web server on loopback that keeps what is posted to it.</summary>
internal sealed class LoopbackReceiver : IDisposable
{
    private readonly HttpListener _listener;
    private readonly Channel<Post> _posts = Channel.CreateUnbounded<Post>();
    private readonly List<HttpListenerContext> _hanging = [];
    private int _count;

    public LoopbackReceiver()
    {
        // Somebody else may take the port between its choice and its use.
        for (var attempt = 0; ; attempt++)
        {
            Url = FormattableString.Invariant($"http://127.0.0.1:{LoopbackPorts.Take()}/alerts");
            _listener = new HttpListener { Prefixes = { Url + "/" } };
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

    public string Url { get; }

    /// <summary>What the n-th post is answered with, from 1.</summary>
    public Func<int, HttpStatusCode> Answers { get; set; } = _ => HttpStatusCode.OK;

    public bool Hangs { get; set; }

    public int Count => Volatile.Read(ref _count);

    public async Task<Post> NextAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        return await _posts.Reader.ReadAsync(patience.Token);
    }

    public void Forget()
    {
        Volatile.Write(ref _count, 0);
        while (_posts.Reader.TryRead(out _))
        {
        }
    }

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var reader = new StreamReader(context.Request.InputStream);
                var body = await reader.ReadToEndAsync();
                _posts.Writer.TryWrite(new Post(context.Request.Headers.AllKeys.ToDictionary(k => k!, k => context.Request.Headers[k]!, StringComparer.OrdinalIgnoreCase), body));
                var attempt = Interlocked.Increment(ref _count);
                if (Hangs)
                {
                    _hanging.Add(context);
                }
                else
                {
                    context.Response.StatusCode = (int)Answers(attempt);
                    context.Response.Close();
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                // Closed, or the sender went away.
            }
        }
    }

    internal sealed record Post(IReadOnlyDictionary<string, string> Headers, string Body);
}
