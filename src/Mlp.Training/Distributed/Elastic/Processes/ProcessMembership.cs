using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Tcp;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Distributed.Elastic.Processes;

/// <summary>A member that is a process.</summary>
internal sealed class ProcessMembership : ElasticMembership
{
    // Each failure to connect means that somebody has been lost meanwhile.
    private const int MaximumAttempts = 20;

    private static readonly TimeSpan CallPause = TimeSpan.FromMilliseconds(100);

    private readonly ElasticGroupOptions _options;
    private readonly GroupSecret _secret;
    private readonly GroupPlace _place;
    private readonly bool _founds;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly ElasticDesk _desk;
    private readonly ElasticGuest _guest;
    private readonly string _host = HostIdentity.Read();
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _launcherEnded = new();
    private readonly LauncherWatch? _launcher;
    private ProcessGroup? _group;
    private string? _end;

    private ProcessMembership(ElasticGroupOptions options, GroupSecret secret, GroupPlace place, bool founds)
    {
        (_options, _secret, _place, _founds, _clock) = (options, secret, place, founds, options.Group.TimeProvider);
        _logger = options.Group.LoggerFactory?.CreateLogger(typeof(ElasticGroup)) ?? NullLogger.Instance;
        _desk = new(Describe(place.Rank), options, secret, place.MasterPort, _logger);
        _guest = new(_desk, options, secret);
        _launcher = LauncherWatch.Begin(Environment.GetEnvironmentVariable(LauncherWatch.Variable), End);
    }

    /// <inheritdoc/>
    public override bool HasNewcomers => _desk.HasNewcomers;

    /// <summary>Opens the member's desk.</summary>
    /// <exception cref="LaunchException">The address of the first member, or the secret, are missing or do not fit.</exception>
    public static ProcessMembership Create(ElasticGroupOptions options)
    {
        var rendezvous = options.Group.Rendezvous;
        var environment = rendezvous is { Rank: not null, WorldSize: not null } ? null : LaunchEnvironment.Read();
        var secret = new GroupSecret(rendezvous.Secret ?? Environment.GetEnvironmentVariable(RendezvousOptions.SecretVariable));
        var place = GroupPlace.Settle(rendezvous, environment, secret.IsPresent);
        return new(options, secret, place, place.Rank == 0 && environment is not { RestartCount: > 0 });
    }

    /// <inheritdoc/>
    public override ElasticMembership CreateNewcomer() => throw new NotSupportedException("Expected members that are threads of this process, but they are processes: a newcomer is another process with an ElasticGroup.");

    /// <inheritdoc/>
    public override void SetDone(bool isDone) => _desk.Enter(isDone ? ElasticPhase.Done : ElasticPhase.Running);

    /// <inheritdoc/>
    public override async Task<ElasticFormation> FormAsync(IReadOnlyCollection<int> blamed, IReadOnlyDictionary<string, string> facts, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_launcherEnded.Token, cancellationToken);
        try
        {
            return Keep(await FormGenerationAsync(blamed, facts, either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (_launcherEnded.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ElasticGroupException(ElasticFailure.LauncherEnded, $"Expected this member of group '{_options.Group.Name}' to go on, but {_end}.");
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _launcher?.Dispose();
        await _desk.DisposeAsync().ConfigureAwait(false);
        _launcherEnded.Dispose();
    }

    // Without its launcher a member would go on alone, as after any other loss.
    private void End(string reason)
    {
        ProcessGroup? group;
        lock (_lock)
        {
            (_end, group) = (reason, _group);
        }

        // Its end runs what waits for it, which may leave.
        _ = _launcherEnded.CancelAsync();
        group?.Abort(reason);
    }

    private ElasticFormation Keep(ElasticFormation formation)
    {
        string? end;
        lock (_lock)
        {
            (_group, end) = (formation.Group, _end);
        }

        // The launcher may have ended before there was a group to abort.
        if (end is not null)
        {
            formation.Group.Abort(end);
        }

        return formation;
    }

    private async Task<ElasticFormation> FormGenerationAsync(IReadOnlyCollection<int> blamed, IReadOnlyDictionary<string, string> facts, CancellationToken cancellationToken)
    {
        _desk.Facts = facts;
        CollectiveException? last = null;
        for (var attempt = 0; attempt < MaximumAttempts; attempt++)
        {
            var formed = await GatherAsync(blamed, cancellationToken).ConfigureAwait(false);
            using var listener = formed.Listener;
            var roster = formed.Roster;
            _desk.TryOpenDoor();
            try
            {
                return new(await ConnectAsync(formed, cancellationToken).ConfigureAwait(false), roster);
            }
            catch (Exception exception) when (exception is RendezvousException or CollectiveException)
            {
                _logger.LogWarning("Generation {Generation} could not be connected: {Reason}", roster.Generation, exception.Message);
                last = exception as CollectiveException;
                blamed = last?.Ranks ?? [];
            }
        }

        throw new ElasticGroupException(ElasticFailure.Unsettled, FormattableString.Invariant(
            $"Expected the members of group '{_options.Group.Name}' to form a generation, but {MaximumAttempts} attempts have failed."), last);
    }

    private ElasticMember Describe(int rank) => new()
    {
        Id = Guid.NewGuid().ToString("N"),
        FirstRank = rank,
        Title = ElasticMember.TitleOfThisProcess,
        Host = _host,
        Address = _options.Group.Transport.Address ?? "",
    };

    private async Task<GuestOutcome.Formed> GatherAsync(IReadOnlyCollection<int> blamed, CancellationToken cancellationToken)
    {
        var (self, roster) = (_desk.Self.Id, _desk.Adopted);
        try
        {
            return roster is not null
                ? await ReturnAsync(roster, blamed, cancellationToken).ConfigureAwait(false)
                : await BeginAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ElasticGroupException failure) when (failure.Failure == ElasticFailure.GivenUp && _options.RejoinsWhenGivenUp)
        {
            _logger.LogWarning("{Reason} It joins again.", failure.Message);
            _desk.BeginAnew(Describe(int.MaxValue));
            return await JoinAsync([.. (roster?.Members ?? []).Where(m => m.Id != self)], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Those of one generation gather with the first of them that lives: first with those whom nobody blames.</summary>
    private async Task<GuestOutcome.Formed> ReturnAsync(ElasticRoster roster, IReadOnlyCollection<int> blamed, CancellationToken cancellationToken)
    {
        _desk.Enter(ElasticPhase.Coming);
        var order = Enumerable.Range(0, roster.Members.Count).OrderBy(r => blamed.Contains(r) ? 1 : 0).Select(r => roster.Members[r]);
        foreach (var member in order.TakeWhile(m => m.Id != _desk.Self.Id))
        {
            var outcome = await ComeToAsync(member, cancellationToken).ConfigureAwait(false);
            if (outcome is GuestOutcome.Formed formed)
            {
                return formed;
            }
        }

        var names = blamed.Where(r => r < roster.Members.Count).Select(r => roster.Members[r].Id).ToHashSet(StringComparer.Ordinal);
        while (true)
        {
            var host = new ElasticHost(_desk, _guest, _options, _place.WorldSize, _logger);
            switch (await host.GatherAsync(names, cancellationToken).ConfigureAwait(false))
            {
                case GuestOutcome.Formed formed:
                    return formed;
                case GuestOutcome.Failed failed:
                    throw failed.Failure;
                case GuestOutcome.Redirected redirected when await ComeToAsync(redirected.Other, cancellationToken).ConfigureAwait(false) is GuestOutcome.Formed formed:
                    return formed;
            }
        }
    }

    /// <summary>Comes to a member, or to whom it says.</summary>
    private async Task<GuestOutcome> ComeToAsync(ElasticMember member, CancellationToken cancellationToken)
    {
        for (var hop = 0; hop < MaximumAttempts; hop++)
        {
            var outcome = await _guest.ComeAsync(_guest.AddressOf(member), member.Port, member, cancellationToken).ConfigureAwait(false);
            switch (outcome)
            {
                case GuestOutcome.Formed formed:
                    _desk.Adopt(formed.Roster);
                    return outcome;
                case GuestOutcome.Failed failed:
                    throw failed.Failure;
                case GuestOutcome.Redirected { Other: var other } when other.Id != _desk.Self.Id:
                    member = other;
                    break;
                default:
                    _desk.Enter(ElasticPhase.Coming);
                    return outcome;
            }
        }

        _desk.Enter(ElasticPhase.Coming);
        return new GuestOutcome.Unreachable("members send to each other", HasEnded: false);
    }

    /// <summary>The first of all waits for the others; the others, and those that come later, ask for it.</summary>
    private async Task<GuestOutcome.Formed> BeginAsync(CancellationToken cancellationToken)
    {
        if (!_founds)
        {
            return await JoinAsync([], cancellationToken).ConfigureAwait(false);
        }

        if (!_desk.TryOpenDoor())
        {
            return await JoinAsync([], cancellationToken, FormattableString.Invariant(
                $" It is to begin the group, but port {_place.MasterPort} of this host is taken: where that is no other member, set MASTER_PORT or RendezvousOptions.MasterPort.")).ConfigureAwait(false);
        }

        // Started again, it is a newcomer to those that have gone on.
        if (await AskAsync([], [.. _options.Addresses], isPersistent: false, "", cancellationToken).ConfigureAwait(false) is { } joined)
        {
            return joined;
        }

        var host = new ElasticHost(_desk, _guest, _options, _place.WorldSize, _logger);
        return await host.GatherAsync(new HashSet<string>(), cancellationToken).ConfigureAwait(false) switch
        {
            GuestOutcome.Formed formed => formed,
            GuestOutcome.Failed failed => throw failed.Failure,
            var outcome => throw new InvalidOperationException($"Expected a first generation, but found {outcome}."),
        };
    }

    /// <summary>Asks to be let in, again and again.</summary>
    /// <param name="known">Members who are asked besides.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="note">What the sentence of one who is not let in says besides.</param>
    private async Task<GuestOutcome.Formed> JoinAsync(IReadOnlyList<ElasticMember> known, CancellationToken cancellationToken, string note = "")
    {
        var own = string.Create(CultureInfo.InvariantCulture, $"{_place.MasterAddress}:{_place.MasterPort}");
        return (await AskAsync(known, [own, .. _options.Addresses], isPersistent: true, note, cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>Asks to be let in, as long as a rendezvous may take.</summary>
    /// <param name="known">Members who are asked.</param>
    /// <param name="addresses">Addresses that are asked.</param>
    /// <param name="isPersistent">Whether all are asked again where none lets this member in.</param>
    /// <param name="note">What the sentence of one who is not let in says besides.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Null where nobody is there.</returns>
    /// <exception cref="RendezvousException">Those who are there have not let this member in, or, for a persistent one, nobody has.</exception>
    private async Task<GuestOutcome.Formed?> AskAsync(
        IReadOnlyList<ElasticMember> known, IReadOnlyList<string> addresses, bool isPersistent, string note, CancellationToken cancellationToken)
    {
        var start = _clock.GetTimestamp();
        using var over = new CancellationTokenSource(_options.Group.Rendezvous.Timeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        string? reason = null;
        try
        {
            while (true)
            {
                foreach (var (address, port) in known.Select(m => (_guest.AddressOf(m), m.Port)).Concat(Doors(addresses)))
                {
                    reason ??= $"{address}:{port} does not answer, or takes nobody at present";
                    switch (await TryJoinAsync(address, port, either.Token).ConfigureAwait(false))
                    {
                        case GuestOutcome.Formed formed:
                            return formed;
                        case GuestOutcome.Unreachable unreachable:
                            reason = $"at {address}:{port}, {unreachable.Reason}";
                            break;
                    }
                }

                if (!isPersistent)
                {
                    return null;
                }

                await Task.Delay(CallPause, _clock, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RendezvousException(
                $"Expected to join group '{_options.Group.Name}' at {string.Join(", ", addresses)} within {CollectiveSentences.Duration(_clock.GetElapsedTime(start))}, but it has not let this process in: {reason}.{note}");
        }
    }

    private async Task<GuestOutcome> TryJoinAsync(string address, int port, CancellationToken cancellationToken)
    {
        for (var hop = 0; hop < MaximumAttempts; hop++)
        {
            var outcome = await _guest.ComeAsync(address, port, null, cancellationToken).ConfigureAwait(false);
            switch (outcome)
            {
                case GuestOutcome.Formed formed:
                    _desk.Adopt(formed.Roster);
                    return outcome;
                case GuestOutcome.Failed failed:
                    throw failed.Failure;
                case GuestOutcome.Redirected redirected:
                    (address, port) = (_guest.AddressOf(redirected.Other), redirected.Other.Port);
                    break;
                default:
                    return outcome;
            }
        }

        return new GuestOutcome.Unreachable("members send to each other", HasEnded: false);
    }

    private static IEnumerable<(string Address, int Port)> Doors(IEnumerable<string> addresses)
    {
        foreach (var address in addresses)
        {
            var colon = address.LastIndexOf(':');
            yield return colon > 0 && int.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
                ? (address[..colon].Trim('[', ']'), port)
                : throw new LaunchException($"Expected 'host:port' in {nameof(ElasticGroupOptions)}.{nameof(ElasticGroupOptions.Addresses)}, but found '{address}'.");
        }
    }

    private async Task<ProcessGroup> ConnectAsync(GuestOutcome.Formed formed, CancellationToken cancellationToken)
    {
        var settings = _options.Group.ForGroup(_options.Group.Name);
        var limit = _options.WaitForMembers + settings.Rendezvous.HeartbeatTimeout;
        settings.Rendezvous = new()
        {
            Rank = formed.Roster.RankOf(_desk.Self.Id),
            WorldSize = formed.Roster.Members.Count,
            MasterAddress = formed.Address,
            MasterPort = formed.Port,
            Listener = formed.Listener,
            Secret = settings.Rendezvous.Secret,
            Timeout = limit,
            HeartbeatInterval = settings.Rendezvous.HeartbeatInterval,
            HeartbeatTimeout = settings.Rendezvous.HeartbeatTimeout,
        };
        return new(await TcpConnector.ConnectAsync(settings, null, _host, cancellationToken).ConfigureAwait(false), settings);
    }
}
