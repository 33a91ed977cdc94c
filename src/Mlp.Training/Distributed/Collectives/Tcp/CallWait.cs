using System.Net.Sockets;
using Mlp.Training.Distributed.Collectives.SharedMemory;
using Mlp.Training.Distributed.Collectives.SharedMemory.Interop;
using Mlp.Training.Distributed.Collectives.Tcp.Control;

namespace Mlp.Training.Distributed.Collectives.Tcp;

/// <summary>Waits in a call until something can move again: looks for a while, then sleeps; and throws when the call cannot succeed. Used by one thread.</summary>
internal sealed class CallWait
{
    private const int PausesPerLook = 8;
    private const int LooksPerCheck = 64;
    private const int LooksBeforeYield = 50;
    private const int LooksPerYield = 5;
    private const int SleepMicroseconds = 20_000;
    private const int MixedSleepMicroseconds = 1_000;

    /// <summary>How long the verdict about a broken connection is waited for: rank 0 knows whether the process has ended.</summary>
    private static readonly TimeSpan BrokenPatience = TimeSpan.FromSeconds(1);

    private readonly ControlPlane _plane;
    private readonly GroupMonitor _group;
    private readonly PeerLink[] _peers;
    private readonly SharedBell? _bell;
    private readonly TcpLink[] _sockets;
    private readonly int _looks;
    private readonly int _looksInBackground;
    private readonly bool[] _awaitsInput;
    private readonly bool[] _awaitsOutput;
    private readonly List<Socket> _readable = [];
    private readonly List<Socket> _writable = [];
    private long _start;
    private long _brokenSince;
    private int _look;
    private int _rings;
    private bool _isAnnounced;

    /// <summary>Waits for some links.</summary>
    /// <param name="plane">Told of trouble.</param>
    /// <param name="group">The group.</param>
    /// <param name="peers">Its links.</param>
    /// <param name="bell">Rung by ranks of this host; null where none share memory.</param>
    public CallWait(ControlPlane plane, GroupMonitor group, PeerLink[] peers, SharedBell? bell)
    {
        (_plane, _group, _peers, _bell) = (plane, group, peers, bell);
        _sockets = [.. peers.OfType<TcpLink>()];
        (_awaitsInput, _awaitsOutput) = (new bool[group.Members.Length], new bool[group.Members.Length]);
        var localRanks = 1 + peers.Length - _sockets.Length;
        (_looks, _looksInBackground) = WaitProcessors.AreFewerThan(localRanks) ? (4, 1) : (5000, 100);
    }

    /// <summary>A call begins.</summary>
    public void Begin(in CollectiveCall call)
    {
        ThrowIfFailed(call);
        _group.Begin(call);
        (_start, _brokenSince) = (_plane.Clock.GetTimestamp(), 0);
        Restart();
        if (call.CancellationToken.IsCancellationRequested)
        {
            Cancel(call);
        }
    }

    /// <summary>Something has moved.</summary>
    public void Restart()
    {
        _look = 0;
        Rise();
    }

    /// <summary>Says what a rank is waited for.</summary>
    public void Await(int peer, bool input, bool output) => (_awaitsInput[peer], _awaitsOutput[peer]) = (input, output);

    /// <summary>Says whether something from a rank is waited for.</summary>
    public void AwaitInput(int peer, bool input) => _awaitsInput[peer] = input;

    /// <summary>Passes some time. Returns early when something may have moved.</summary>
    /// <exception cref="CollectiveException">The group has failed.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public void Pass(in CollectiveCall call)
    {
        var looks = call.InBackground ? _looksInBackground : _looks;
        if (++_look <= looks)
        {
            if (_look % LooksPerCheck == 0)
            {
                ThrowIfFailed(call);
            }

            // The rank that is waited for may want this very processor.
            if (_look > LooksBeforeYield && _look % LooksPerYield == 0)
            {
                Thread.Yield();
            }

            Thread.SpinWait(PausesPerLook);
            return;
        }

        CheckTrouble(call);
        if (_bell is not null && _sockets.Length == 0)
        {
            SleepForBell(looks);
        }
        else
        {
            SleepForSockets(_bell is null && !Array.Exists(_sockets, s => s.IsConnecting) ? SleepMicroseconds : MixedSleepMicroseconds);
        }
    }

    /// <summary>Throws what all ranks throw, where the group has failed.</summary>
    public void ThrowIfFailed(in CollectiveCall call)
    {
        if (_group.Failure is { } failure)
        {
            throw failure.ToException(call);
        }
    }

    /// <summary>Tells rank 0 and throws what all ranks throw.</summary>
    public void Fail(in CollectiveCall call, TroubleKind kind, int suspect, CollectiveException fallback)
    {
        var isStated = kind == TroubleKind.Stated ? GroupFailure.From(fallback) : null;
        var report = new ControlMessage.Report(_group.Id, kind, CallCodec.Encode(call), suspect, call.Timeout.TotalSeconds, isStated);
        throw _plane.Settle(_group, report, GroupFailure.From(fallback)).ToException(call);
    }

    private void Cancel(in CollectiveCall call)
    {
        var failure = GroupFailure.From(CollectiveSentences.Cancelled(call, _group.Name, _group.Index));
        _plane.Settle(_group, new(_group.Id, TroubleKind.Stated, CallCodec.Encode(call), _group.Index, 0, failure), failure);
        throw new OperationCanceledException(call.CancellationToken);
    }

    private void CheckTrouble(in CollectiveCall call)
    {
        ThrowIfFailed(call);
        if (call.CancellationToken.IsCancellationRequested)
        {
            Cancel(call);
        }

        var now = _plane.Clock.GetTimestamp();
        foreach (var link in _peers)
        {
            if (!_awaitsInput[link.Peer] && !_awaitsOutput[link.Peer])
            {
                continue;
            }

            if (_group.LeftAfter(link.Peer) <= CallsNeeded(call) && (link.IsBroken || link is not TcpLink { IsConnected: true }))
            {
                Fail(call, TroubleKind.Left, link.Peer, CollectiveSentences.Lost(call, _group.Name, link.Peer, "it left the group"));
            }

            if (link is TcpLink { Trouble: { } trouble })
            {
                Fail(call, TroubleKind.Stated, link.Peer, CollectiveSentences.Lost(call, _group.Name, link.Peer, trouble));
            }

            if (link.IsBroken)
            {
                _brokenSince = _brokenSince == 0 ? now : _brokenSince;
                if (_plane.Clock.GetElapsedTime(_brokenSince, now) > BrokenPatience)
                {
                    var reason = FormattableString.Invariant($"the connection between ranks {_group.Index} and {link.Peer} broke");
                    Fail(call, TroubleKind.Broken, link.Peer, CollectiveSentences.Lost(call, _group.Name, link.Peer, reason));
                }
            }
        }

        if (_plane.Clock.GetElapsedTime(_start, now) >= call.Timeout)
        {
            var suspects = _peers.Where(p => _awaitsInput[p.Peer] || _awaitsOutput[p.Peer]).Select(p => p.Peer).ToArray();
            Fail(call, TroubleKind.Timeout, suspects[0], _group.TimedOut(call, suspects));
        }
    }

    /// <summary>A rank that has left after so many calls of the group has not come to this one. A message can only be told by the calls before it.</summary>
    private long CallsNeeded(in CollectiveCall call) => call.Kind is CollectiveKind.Send or CollectiveKind.Receive ? _group.Begun : call.Sequence;

    private void SleepForBell(int looks)
    {
        if (_look == looks + 1)
        {
            // The rank looks once more between saying that it sleeps and sleeping.
            (_rings, _isAnnounced) = (_bell!.Announce(), true);
            return;
        }

        _bell!.Sleep(_rings, TimeSpan.FromMicroseconds(SleepMicroseconds));
        Rise();
        _look = looks;
    }

    /// <summary>As long as this rank says that it sleeps, whatever others do costs them a call of the system.</summary>
    private void Rise()
    {
        if (_isAnnounced)
        {
            _isAnnounced = false;
            _bell!.Rise();
        }
    }

    private void SleepForSockets(int microseconds)
    {
        _readable.Clear();
        _writable.Clear();
        foreach (var link in _sockets)
        {
            if (link.IsBroken || !link.IsConnected)
            {
                continue;
            }

            if (_awaitsInput[link.Peer])
            {
                _readable.Add(link.ReadSocket);
            }

            if (_awaitsOutput[link.Peer])
            {
                _writable.Add(link.WriteSocket);
            }
        }

        if (_readable.Count + _writable.Count > 0)
        {
            Socket.Select(_readable, _writable, null, microseconds);
        }
        else
        {
            _group.FailureTask.Wait(microseconds / 1000);
        }
    }
}
