using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>Takes connections for values from other ranks of this process's groups, and keeps each until its group asks for it. Foreign and silent callers cost nothing but a line in the log.</summary>
internal sealed class DataListener : IAsyncDisposable
{
    private static readonly TimeSpan CallerPatience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, TaskCompletionSource<Socket>> _connections = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _ended = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _listener;
    private readonly GroupSecret _secret;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly RefusalLog _refusals;
    private readonly Task _accepting;
    private bool _isDisposed;

    /// <summary>Listens at a port that the system chooses: on all interfaces, or on the loopback alone where there is no secret.</summary>
    public DataListener(GroupSecret secret, TimeProvider clock, ILogger logger)
    {
        (_secret, _clock, _logger, _refusals) = (secret, clock, logger, new(logger, clock, "the data port"));
        _listener = RendezvousHost.Listen(secret.IsPresent ? IPAddress.Any : IPAddress.Loopback, 0);
        _accepting = AcceptAsync();
    }

    /// <summary>The port.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Connects to another rank's listener.</summary>
    /// <param name="host">Its address.</param>
    /// <param name="port">Its port.</param>
    /// <param name="key">What the connection is for: <see cref="Key"/>.</param>
    /// <param name="secret">What both know.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    /// <exception cref="RendezvousException">It is none of ours.</exception>
    public static async Task<Socket> ConnectAsync(string host, int port, string key, GroupSecret secret, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
            await PeerHandshake.CallAsync(socket, secret, Encoding.UTF8.GetBytes(key), cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Names a connection.</summary>
    /// <param name="group">The group.</param>
    /// <param name="from">Rank of the world that connects.</param>
    /// <param name="to">Rank of the world that listens.</param>
    /// <param name="index">Number of the connection between the two.</param>
    public static string Key(string group, int from, int to, int index) => string.Create(CultureInfo.InvariantCulture, $"{from}>{to}:{index}@{group}");

    /// <summary>The connection of a name, when it has come.</summary>
    public Task<Socket> TakeAsync(string key) => Place(key).Task;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        foreach (var place in _connections.Values)
        {
            if (!place.TrySetCanceled() && place.Task.IsCompletedSuccessfully)
            {
                (await place.Task.ConfigureAwait(false)).Dispose();
            }
        }

        _stop.Dispose();
    }

    /// <summary>A group that has its connections forgets them here, so that they are its own to close.</summary>
    public void Forget(string key) => _connections.TryRemove(key, out _);

    /// <summary>A group is over: connections that it has not asked for are closed, and those that still come for it.</summary>
    /// <param name="group">The group.</param>
    public void End(string group)
    {
        _ended.TryAdd(group, true);
        foreach (var (key, place) in _connections)
        {
            if (GroupOf(key) == group && _connections.TryRemove(key, out _) && !place.TrySetCanceled() && place.Task.IsCompletedSuccessfully)
            {
                place.Task.Result.Dispose();
            }
        }
    }

    private static string GroupOf(string key) => key[(key.IndexOf('@', StringComparison.Ordinal) + 1)..];

    private TaskCompletionSource<Socket> Place(string key) => _connections.GetOrAdd(key, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task AcceptAsync()
    {
        var callers = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
                callers.RemoveAll(c => c.IsCompleted);
                callers.Add(HearAsync(socket));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(callers).ConfigureAwait(false);
        }
    }

    private async Task HearAsync(Socket socket)
    {
        using var patience = new CancellationTokenSource(CallerPatience, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
        var address = RefusalLog.AddressOf(socket);
        try
        {
            socket.NoDelay = true;
            var key = Encoding.UTF8.GetString(await PeerHandshake.HearAsync(socket, _secret, either.Token).ConfigureAwait(false));
            await PeerHandshake.AnswerAsync(socket, true, [], either.Token).ConfigureAwait(false);
            if (Place(key).TrySetResult(socket))
            {
                if (_ended.ContainsKey(GroupOf(key)))
                {
                    End(GroupOf(key));
                }

                return;
            }

            _logger.LogWarning("A connection '{Key}' came twice; the second was closed.", key);
        }
        catch (Exception exception) when (exception is RendezvousException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            _refusals.Tell(address, exception.Message);
        }

        socket.Dispose();
    }
}
