using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Mlp.Training.Distributed.Collectives.Tcp.Control;

/// <summary>
/// The connections between rank 0 and the others on which no values travel, and the thread that serves them: heartbeats, exchanges when groups are formed, and failures. A process that ends closes its connection; one
/// that stalls, or whose host is gone, falls silent. Safe for several threads.
/// </summary>
internal sealed class ControlPlane : IDisposable
{
    private const int TickMicroseconds = 50_000;
    private const string Ended = "ended: its connection closed";

    private static readonly TimeSpan InquestPatience = TimeSpan.FromSeconds(2);
    private static readonly byte[] HeartbeatFrame = ControlCodec.Encode(new ControlMessage.Heartbeat());

    private readonly Lock _deskLock = new();
    private readonly ConcurrentDictionary<string, GroupMonitor> _groups = new(StringComparer.Ordinal);
    private readonly Queue<ControlMessage> _toOwn = new();
    private readonly List<ControlConnection> _connections = [];
    private readonly string[] _titles;
    private readonly TimeSpan _heartbeatInterval;
    private readonly TimeSpan _heartbeatTimeout;
    private readonly TimeProvider _clock;
    private readonly ControlDesk? _desk;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _ending = new();
    private volatile string? _masterLost;
    private bool _isDisposed;

    /// <summary>Starts the thread.</summary>
    /// <param name="rank">This process's rank.</param>
    /// <param name="titles">What sentences call each rank's process.</param>
    /// <param name="sockets">Rank 0: connections by rank, none to itself. Others: the one to rank 0, at 0.</param>
    /// <param name="heartbeatInterval">How often to say that this rank lives.</param>
    /// <param name="heartbeatTimeout">After what silence another counts as lost.</param>
    /// <param name="clock">The clock.</param>
    public ControlPlane(int rank, string[] titles, IReadOnlyList<Socket?> sockets, TimeSpan heartbeatInterval, TimeSpan heartbeatTimeout, TimeProvider clock)
    {
        (Rank, _titles, _heartbeatInterval, _heartbeatTimeout, _clock) = (rank, titles, heartbeatInterval, heartbeatTimeout, clock);
        for (var other = 0; other < sockets.Count; other++)
        {
            if (sockets[other] is { } socket)
            {
                _connections.Add(new(socket, other, clock.GetTimestamp()));
            }
        }

        if (rank == 0)
        {
            _desk = new(titles, SendFromDesk, id => _groups.TryGetValue(id, out var group) ? group.Current : null, (long)(InquestPatience.TotalSeconds * clock.TimestampFrequency));
        }

        _thread = new Thread(Serve) { IsBackground = true, Name = $"Mlp control {rank}" };
        _thread.Start();
    }

    /// <summary>This process's rank in the world.</summary>
    public int Rank { get; }

    /// <summary>The clock.</summary>
    public TimeProvider Clock => _clock;

    /// <summary>Begins to serve a group.</summary>
    public void Add(GroupMonitor group)
    {
        _groups[group.Id] = group;
        if (_masterLost is { } reason)
        {
            group.Fail(GroupFailure.OfLost($"Group '{group.Name}' cannot be formed: {_titles[0]}, which is rank 0 of the world, {reason}."));
        }
    }

    /// <summary>Tells the others that this rank leaves a group.</summary>
    public void Leave(GroupMonitor group) => Post(new ControlMessage.Leave(group.Id, group.Begun));

    /// <summary>Ends to serve a group that this rank has left.</summary>
    public void Forget(GroupMonitor group) => _groups.TryRemove(group.Id, out _);

    /// <summary>Leaves a group and ends to serve it.</summary>
    public void Remove(GroupMonitor group)
    {
        Leave(group);
        Forget(group);
    }

    /// <summary>Tells rank 0.</summary>
    public void Post(ControlMessage message)
    {
        if (_desk is null)
        {
            _connections[0].Send(ControlCodec.Encode(message));
            return;
        }

        lock (_deskLock)
        {
            _desk.Take(0, message, _clock.GetTimestamp());
            HandleOwn();
        }
    }

    /// <summary>Gives a text to all members of a group and gets those of all.</summary>
    /// <param name="group">The group.</param>
    /// <param name="step">Number of the exchange in the group.</param>
    /// <param name="payload">This rank's.</param>
    /// <param name="timeout">How long members are waited for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Those of all, by place.</returns>
    /// <exception cref="CollectiveException">The group has failed.</exception>
    public async Task<byte[][]> ExchangeAsync(GroupMonitor group, int step, byte[] payload, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var offers = group.AwaitOffers(step);
        Post(new ControlMessage.Offer(group.Id, group.Name, group.Members, step, payload));
        return await AwaitAsync(group, offers, -1, timeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits for something while a group is formed.</summary>
    /// <typeparam name="T">What comes.</typeparam>
    /// <param name="group">The group.</param>
    /// <param name="task">What is waited for.</param>
    /// <param name="suspect">Member that is waited for; -1 for all.</param>
    /// <param name="timeout">How long.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CollectiveException">The group has failed.</exception>
    public async Task<T> AwaitAsync<T>(GroupMonitor group, Task<T> task, int suspect, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAny(task, group.FailureTask).WaitAsync(timeout, _clock, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Post(new ControlMessage.Report(group.Id, TroubleKind.Timeout, [], suspect, timeout.TotalSeconds, null));
            throw (await AwaitVerdictAsync(group, GroupFailure.OfTimeout($"The ranks of group '{group.Name}' did not come within {CollectiveSentences.Duration(timeout)}.", -1)).ConfigureAwait(false)).ToException(null);
        }

        return group.Failure is { } failure && !task.IsCompletedSuccessfully ? throw failure.ToException(null) : await task.ConfigureAwait(false);
    }

    /// <summary>Reports trouble in a call, and waits for what all ranks will throw.</summary>
    /// <param name="group">The group.</param>
    /// <param name="report">The report.</param>
    /// <param name="fallback">What is thrown where rank 0 does not answer.</param>
    public GroupFailure Settle(GroupMonitor group, ControlMessage.Report report, GroupFailure fallback)
    {
        Post(report);
        var start = _clock.GetTimestamp();
        while (group.Failure is null && _clock.GetElapsedTime(start) < InquestPatience + InquestPatience)
        {
            group.FailureTask.Wait(TimeSpan.FromMilliseconds(20));
        }

        group.Fail(fallback);
        return group.Failure!;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        _ending.Set();
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }

        _connections.ForEach(c => c.Dispose());
        _ending.Dispose();
    }

    private async Task<GroupFailure> AwaitVerdictAsync(GroupMonitor group, GroupFailure fallback)
    {
        try
        {
            return await group.FailureTask.WaitAsync(InquestPatience + InquestPatience, _clock).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            group.Fail(fallback);
            return group.Failure!;
        }
    }

    private void Serve()
    {
        var (ready, messages) = (new List<Socket>(), new List<ControlMessage>());
        var (lastBeat, lastTick) = (_clock.GetTimestamp(), _clock.GetTimestamp());
        while (!_ending.IsSet)
        {
            WaitForMessages(ready);
            foreach (var connection in _connections)
            {
                if (!connection.IsClosed && ready.Contains(connection.Socket))
                {
                    Receive(connection, messages);
                }
            }

            var now = _clock.GetTimestamp();

            // After a pause of this very process (a debugger, SIGSTOP) the others have not been silent; they have not been heard.
            if (_clock.GetElapsedTime(lastTick, now) > _heartbeatTimeout / 2)
            {
                _connections.ForEach(c => c.LastHeard = now);
            }

            lastTick = now;
            FindSilent(now);
            if (_clock.GetElapsedTime(lastBeat, now) >= _heartbeatInterval)
            {
                lastBeat = now;
                _connections.ForEach(c => c.Send(HeartbeatFrame));
            }
        }
    }

    private void WaitForMessages(List<Socket> ready)
    {
        ready.Clear();
        foreach (var connection in _connections)
        {
            if (!connection.IsClosed)
            {
                ready.Add(connection.Socket);
            }
        }

        if (ready.Count > 0)
        {
            Socket.Select(ready, null, null, TickMicroseconds);
        }
        else
        {
            _ending.Wait(TickMicroseconds / 1000);
        }
    }

    private void Receive(ControlConnection connection, List<ControlMessage> messages)
    {
        messages.Clear();
        var reason = Ended;
        bool isAlive;
        try
        {
            isAlive = connection.Receive(messages);
        }
        catch (InvalidDataException exception)
        {
            (isAlive, reason) = (false, $"sent bytes that are no message: {exception.Message}");
            connection.Dispose();
        }

        connection.LastHeard = _clock.GetTimestamp();
        foreach (var message in messages)
        {
            if (_desk is null)
            {
                Handle(message);
                continue;
            }

            lock (_deskLock)
            {
                _desk.Take(connection.Rank, message, connection.LastHeard);
                HandleOwn();
            }
        }

        if (!isAlive)
        {
            Lose(connection.Rank, reason);
        }
    }

    private void FindSilent(long now)
    {
        foreach (var connection in _connections)
        {
            if (_clock.GetElapsedTime(connection.LastHeard, now) > _heartbeatTimeout)
            {
                Lose(connection.Rank, $"has given no sign of life for {CollectiveSentences.Duration(_heartbeatTimeout)}");
                connection.LastHeard = now;
            }
            else if (connection.IsClosed)
            {
                Lose(connection.Rank, Ended);
            }
        }

        if (_desk is not null)
        {
            lock (_deskLock)
            {
                _desk.Tick(now);
                HandleOwn();
            }
        }
    }

    private void Lose(int rank, string reason)
    {
        if (_desk is not null)
        {
            lock (_deskLock)
            {
                _desk.Lose(rank, reason);
                HandleOwn();
            }

            return;
        }

        if (_masterLost is null)
        {
            _masterLost = reason;
            foreach (var group in _groups.Values)
            {
                LoseMaster(group, reason);
            }
        }
    }

    /// <summary>Without rank 0 its groups have failed, save those that it had left; groups without it go on, as long as their own connections live.</summary>
    private void LoseMaster(GroupMonitor group, string reason)
    {
        if (Array.IndexOf(group.Members, 0) is >= 0 and var member && group.LeftAfter(member) == long.MaxValue)
        {
            group.Fail(GroupFailure.From(CollectiveSentences.Lost(null, group.Name, member, $"{_titles[0]} {reason}")));
        }
    }

    private void SendFromDesk(int rank, ControlMessage message)
    {
        if (rank == 0)
        {
            _toOwn.Enqueue(message);
            return;
        }

        _connections.Find(c => c.Rank == rank)?.Send(ControlCodec.Encode(message));
    }

    private void HandleOwn()
    {
        while (_toOwn.TryDequeue(out var message))
        {
            Handle(message);
        }
    }

    private void Handle(ControlMessage message)
    {
        switch (message)
        {
            case ControlMessage.Offers offers when _groups.TryGetValue(offers.Group, out var group):
                group.SetOffers(offers.Step, offers.Payloads);
                break;
            case ControlMessage.Inquiry inquiry when _groups.TryGetValue(inquiry.Group, out var group):
                Post(new ControlMessage.Answer(inquiry.Group, inquiry.Call, CallCodec.Encode(group.Find(inquiry.Call)), CallCodec.Encode(group.Current)));
                break;
            case ControlMessage.Verdict verdict when _groups.TryGetValue(verdict.Group, out var group):
                group.Fail(verdict.Failure);
                break;
            case ControlMessage.Left left when _groups.TryGetValue(left.Group, out var group):
                group.SetLeft(left.Rank, left.Calls);
                break;
        }
    }
}
