using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Mlp.Training.Distributed.Launch;

/// <summary>Rank 0's side: takes whoever proves the secret and fits, tells the others why not, and answers all when the ranks are complete. A caller that is refused, silent or foreign costs the others nothing.</summary>
internal sealed class RendezvousHost : IDisposable
{
    private static readonly TimeSpan CallerPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly RankDescription _own;
    private readonly GroupSecret _secret;
    private readonly TimeProvider _clock;
    private readonly RefusalLog _log;
    private readonly Socket _listener;
    private readonly Socket?[] _sockets;
    private readonly RankDescription?[] _ranks;
    private readonly List<string> _refusals = [];
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Listens.</summary>
    /// <param name="place">Rank 0's place.</param>
    /// <param name="own">Rank 0.</param>
    /// <param name="secret">What callers must know.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="logger">Told of callers that are refused.</param>
    /// <param name="listener">Where it listens already, which it closes; null for the port of the place.</param>
    /// <exception cref="RendezvousException">The port is taken.</exception>
    public RendezvousHost(GroupPlace place, RankDescription own, GroupSecret secret, TimeProvider clock, ILogger logger, Socket? listener = null)
    {
        (_own, _secret, _clock, _log) = (own, secret, clock, new(logger, clock, "the rendezvous"));
        _sockets = new Socket?[place.WorldSize];
        _ranks = new RankDescription?[place.WorldSize];
        _ranks[0] = own;
        _listener = listener ?? Listen(secret.IsPresent ? IPAddress.Any : IPAddress.Loopback, place.MasterPort);
        if (place.WorldSize == 1)
        {
            _complete.SetResult();
        }
    }

    /// <summary>The port where it listens.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Opens a listening socket.</summary>
    /// <exception cref="RendezvousException">The port is taken.</exception>
    public static Socket Listen(IPAddress address, int port)
    {
        address = address.Equals(IPAddress.Any) && Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : address;
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = true;
            }

            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(1024);
            return socket;
        }
        catch (SocketException exception)
        {
            socket.Dispose();
            throw new RendezvousException($"Expected to listen at {address}:{port}, but it failed: {exception.Message}. Another group may use this port; set MASTER_PORT or RendezvousOptions.MasterPort.", exception);
        }
    }

    /// <summary>Waits until all ranks have come, and answers them.</summary>
    /// <param name="timeout">How long.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>All ranks, and the connections to them by rank; none to rank 0.</returns>
    /// <exception cref="RendezvousException">Ranks are missing; those that came throw the same.</exception>
    public async Task<(RankDescription[] Ranks, Socket?[] Sockets)> GatherAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var accepting = AcceptAsync(stop.Token);
        var start = _clock.GetTimestamp();
        try
        {
            while (!_complete.Task.IsCompleted)
            {
                if (_clock.GetElapsedTime(start) >= timeout)
                {
                    throw new RendezvousException(DescribeMissing(timeout));
                }

                await Task.WhenAny(_complete.Task, Task.Delay(Tick, _clock, cancellationToken)).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                DropThoseWhoLeft();
            }

            // Rank 0 has compared the settings, so they need not travel to every rank as often as there are ranks.
            var ranks = Array.ConvertAll(_ranks, r => r! with { Settings = [] });
            await AnswerAllAsync(true, RankDescription.WriteAll(ranks), cancellationToken).ConfigureAwait(false);
            return (ranks, _sockets);
        }
        catch (Exception exception)
        {
            var reason = exception is RendezvousException ? exception.Message : $"Rank 0 gave up: {exception.Message}";
            await AnswerAllAsync(false, Encoding.UTF8.GetBytes(reason), CancellationToken.None).ConfigureAwait(false);
            Array.ForEach(_sockets, s => s?.Dispose());
            throw;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await accepting.ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync(CancellationToken cancellationToken)
    {
        var callers = new List<Task>();
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
                callers.RemoveAll(c => c.IsCompleted);
                callers.Add(HearAsync(socket, cancellationToken));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(callers).ConfigureAwait(false);
        }
    }

    private async Task HearAsync(Socket socket, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(CallerPatience, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var (isKept, address) = (false, RefusalLog.AddressOf(socket));
        try
        {
            socket.NoDelay = true;
            var text = await PeerHandshake.HearAsync(socket, _secret, either.Token).ConfigureAwait(false);
            var caller = RankDescription.ReadAll(text, 1)[0];
            if (Seat(caller, socket) is { } objection)
            {
                Note(address, objection);
                await PeerHandshake.AnswerAsync(socket, false, Encoding.UTF8.GetBytes(objection), either.Token).ConfigureAwait(false);
                return;
            }

            isKept = true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Note(address, $"A process at {address} connected, but said nothing for {CallerPatience.TotalSeconds:0} seconds.");
        }
        catch (RendezvousException exception)
        {
            Note(address, exception.Message);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            Note(address, $"The connection from {address} broke: {exception.Message}.");
        }
        catch (OperationCanceledException)
        {
            // The ranks are complete, or the group is given up.
        }
        finally
        {
            if (!isKept)
            {
                socket.Dispose();
            }
        }
    }

    /// <summary>Takes a rank, or says why not.</summary>
    private string? Seat(RankDescription caller, Socket socket)
    {
        lock (_lock)
        {
            if (Objection(caller) is { } objection)
            {
                return objection;
            }

            _ranks[caller.Rank] = caller;
            _sockets[caller.Rank] = socket;
            if (Array.TrueForAll(_ranks, r => r is not null))
            {
                _complete.TrySetResult();
            }

            return null;
        }
    }

    private string? Objection(RankDescription caller)
    {
        var size = _ranks.Length;
        if (caller.WorldSize != size)
        {
            return string.Create(CultureInfo.InvariantCulture, $"Expected a world of {size} ranks, as rank 0 has it, but {caller.Title} was told {caller.WorldSize}.");
        }

        if (caller.Rank <= 0 || caller.Rank >= size)
        {
            return string.Create(CultureInfo.InvariantCulture, $"Expected a rank from 1 to {size - 1}, but {caller.Title} says {caller.Rank}.");
        }

        if (caller.RunId != _own.RunId)
        {
            return $"Expected a rank of run '{_own.RunId}', but {caller.Title} belongs to run '{caller.RunId}'.";
        }

        if (_ranks[caller.Rank] is { } seated)
        {
            return $"{seated.Title} has joined already; {caller.Title} says that it is the same rank.";
        }

        var theirs = new Dictionary<string, string>(caller.Settings, StringComparer.Ordinal);
        foreach (var (name, value) in _own.Settings)
        {
            if (theirs.GetValueOrDefault(name) is var found && found != value)
            {
                return $"Expected {name} = {value}, as rank 0 has it, but {caller.Title} has {found ?? "no such setting"}.";
            }
        }

        return null;
    }

    private void DropThoseWhoLeft()
    {
        lock (_lock)
        {
            for (var rank = 1; rank < _sockets.Length && !_complete.Task.IsCompleted; rank++)
            {
                if (_sockets[rank] is { } socket && socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0)
                {
                    Note(RefusalLog.AddressOf(socket), $"{_ranks[rank]!.Title} joined and ended before the others had come.");
                    socket.Dispose();
                    (_sockets[rank], _ranks[rank]) = (null, null);
                }
            }
        }
    }

    private async Task AnswerAllAsync(bool isComplete, byte[] answer, CancellationToken cancellationToken)
    {
        foreach (var socket in _sockets)
        {
            try
            {
                await (socket is null ? Task.CompletedTask : PeerHandshake.AnswerAsync(socket, isComplete, answer, cancellationToken)).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The control channel notices a rank that is gone, and tells the others.
            }
        }
    }

    private string DescribeMissing(TimeSpan timeout)
    {
        lock (_lock)
        {
            var missing = Enumerable.Range(0, _ranks.Length).Where(r => _ranks[r] is null).ToList();
            var why = _refusals.Count > 0 ? $" Refused so far: {string.Join(" ", _refusals)}" : "";
            return string.Create(
                CultureInfo.InvariantCulture,
                $"Expected {_ranks.Length} ranks at rank 0 within {timeout.TotalSeconds:0.###} s, but {(missing.Count == 1 ? "rank" : "ranks")} {string.Join(", ", missing)} did not come.{why}");
        }
    }

    private void Note(string address, string refusal)
    {
        _log.Tell(address, refusal);
        lock (_lock)
        {
            if (_refusals.Count < 8)
            {
                _refusals.Add(refusal);
            }
        }
    }
}
