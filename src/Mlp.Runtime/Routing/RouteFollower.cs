using Microsoft.Extensions.Logging;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Versions;

namespace Mlp.Runtime.Routing;

/// <summary>
/// Keeps one model at its route: that of the registry, or else that of the options. Asks every poll interval, and at once when this process changes it; loads what a route names and retires what it no
/// longer does, while calls go on. Looks at the canary at the same interval.
/// </summary>
internal sealed class RouteFollower : IDisposable
{
    private readonly Model _model;
    private readonly VersionHost _host;
    private readonly IModelRegistry _registry;
    private readonly PredictionClock _clock;
    private readonly ILogger _logger;
    private readonly CanaryController _canary;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _wake = new(0);
    private readonly List<Task> _leaving = [];
    private volatile RouteState _state;
    private volatile string? _problem;
    private Task _loop = Task.CompletedTask;

    /// <summary>Makes a follower; the model has its champion alone until it is started.</summary>
    /// <param name="model">The model.</param>
    /// <param name="host">Its versions in memory.</param>
    /// <param name="registry">Where routes are.</param>
    /// <param name="clock">The clock of calls.</param>
    /// <param name="logger">Told of routes that come and go.</param>
    public RouteFollower(Model model, VersionHost host, IModelRegistry registry, PredictionClock clock, ILogger logger)
    {
        _model = model;
        _host = host;
        _registry = registry;
        _clock = clock;
        _logger = logger;
        _canary = new CanaryController(model.Target, registry, clock.Time, logger);
        _state = new RouteState(null, ModelRoute.ChampionOnly, [], [], []);
        ChampionTags = new RoutingTags(model.Name, model.Target.Variant);
    }

    /// <summary>The tags of the champion's measurements.</summary>
    public RoutingTags ChampionTags { get; }

    /// <summary>The model.</summary>
    public Model Model => _model;

    /// <summary>What is in force.</summary>
    public RouteState State => _state;

    /// <summary>What stands in the way of the route, as sentences.</summary>
    public IReadOnlyList<string> Problems
    {
        get
        {
            var state = _state;
            return [.. _problem is { } problem ? [problem] : Array.Empty<string>(), .. state.Problems, .. state.Challengers.Concat(state.Shadows).SelectMany(p => p.Problems.Concat(FindMisfit(p)))];
        }
    }

    /// <summary>Brings the route into force and begins to watch. Versions are loaded meanwhile.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await LookAsync(cancellationToken).ConfigureAwait(false);
        var state = _state;
        await Task.WhenAll(state.Challengers.Concat(state.Shadows).Select(p => p.Started)).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        RoutingMetrics.Add(this);
        _loop = WatchAsync(_stopping.Token);
    }

    /// <summary>Stops watching and takes challengers and shadows out of service.</summary>
    /// <param name="cancellationToken">Gives up waiting for calls.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        RoutingMetrics.Remove(this);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Enter(new RouteState(null, ModelRoute.ChampionOnly, [], [], []));
        await Task.WhenAll(_leaving).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping.Dispose();
        _wake.Dispose();
    }

    /// <summary>The route, and what has become of it.</summary>
    public RouteDescription Describe()
    {
        var state = _state;
        var champion = state.Route.Variants.Sum(v => state.Challengers.Any(c => c.Target.Variant == v.Name) ? v.ShareBasisPoints : 0);
        return new RouteDescription
        {
            Route = state.Route,
            Revision = state.Revision,
            Variants =
            [
                Describe(_model.Target, ModelRoute.WholeBasisPoints - champion),
                .. state.Challengers.Select(c => Describe(c.Target, state.Route.FindVariant(c.Target.Variant)!.ShareBasisPoints)),
            ],
            Shadows = [.. state.Shadows.Select(Describe)],
            Canary = state.Route.Canary is { } canary ? new CanaryDescription(canary, FindHolding(canary)) : null,
            Problems = Problems,
        };
    }

    /// <summary>Asks the registry, brings what is new into force and looks at the canary.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            bool isNew;
            do
            {
                var stored = _registry.FindRoute(_model.Name);
                Apply(stored);
                isNew = stored is not null && await _canary.LookAsync(stored, Find, cancellationToken).ConfigureAwait(false);
            }
            while (isNew);
            _problem = null;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            var problem = $"Expected to follow the route of model '{_model.Name}', but: {e.Message}";
            if (problem != _problem)
            {
                _problem = problem;
                _logger.LogError(e, "{Problem} The one before stays in force.", problem);
            }
        }
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        using var timer = _clock.Time.CreateTimer(static f => ((RouteFollower)f!).Signal(), this, _model.Settings.AliasPollInterval, _model.Settings.AliasPollInterval);
        while (true)
        {
            await _wake.WaitAsync(cancellationToken).ConfigureAwait(false);
            await LookAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks the registry now: something of the model has changed there. May be called at any time by any thread.</summary>
    public void Wake()
    {
        var state = _state;
        foreach (var participant in state.Challengers.Concat(state.Shadows))
        {
            participant.Wake();
        }

        Signal();
    }

    private void Signal()
    {
        try
        {
            if (_wake.CurrentCount == 0)
            {
                _wake.Release();
            }
        }
        catch (ObjectDisposedException)
        {
            // The platform is being closed.
        }
    }

    /// <summary>A challenger or shadow that is loaded, and that no call can reach.</summary>
    private IEnumerable<string> FindMisfit(RouteParticipant participant)
    {
        if (_model.Target.Current is not { } champion || participant.Target.Current is not { } version)
        {
            return [];
        }

        var isPassedOver = participant.Lane is { } lane
            ? lane.Ring is not null && lane.Agreement is { Skipped: > 0, Accepted: 0, Dropped: 0 }
            : _model.Target.Seat?.Table?.HasPassedOver(participant.Target, version) == true && (version.Recorder.Counters?.Read().Calls ?? 0) == 0;
        return RouteFit.FindProblem(champion, participant, version, isPassedOver) is { } problem ? [problem] : [];
    }

    private string? FindHolding(CanaryState canary)
        => canary.Status == CanaryStatus.Running && _state.Challengers.FirstOrDefault(c => c.Target.Variant == canary.Variant) is { } participant
            ? FindMisfit(participant).FirstOrDefault() ?? _canary.Holding
            : _canary.Holding;

    private ServingTarget? Find(string variant) => _state.Challengers.FirstOrDefault(c => c.Target.Variant == variant)?.Target;

    private void Apply(StoredRoute? stored)
    {
        var before = _state;
        if (before.IsEntered && before.Revision == stored?.Revision)
        {
            return;
        }

        var route = stored?.Route ?? _model.Settings.Route;
        if (!BucketAssignment.IsWhole(route))
        {
            route = BucketAssignment.Assign(route, previous: null);
        }

        var problems = new List<string>();
        var challengers = route.Variants.Where(v => v.ShareBasisPoints > 0 && IsFree(v, problems))
            .Select(v => Keep(before.Challengers, v.Name, v.Target) ?? CreateChallenger(v)).ToArray();
        var shadows = route.Shadows.Select(s => Keep(before.Shadows, s.Variant, s.Target, s.SampleRate) ?? CreateShadow(s)).ToArray();
        if (route.Canary is { Status: CanaryStatus.Aborted } canary)
        {
            problems.Add($"Canary '{canary.Variant}' of model '{_model.Name}' was aborted: {canary.Reason}");
        }

        Enter(new RouteState(stored?.Revision, route, challengers, shadows, problems) { IsEntered = true });
        if (before.IsEntered || stored is not null)
        {
            _logger.LogInformation(
                "The route of model {Model} is {Revision}: {Challengers} challengers and {Shadows} shadows.",
                _model.Name,
                stored is null ? "that of its options" : FormattableString.Invariant($"revision {stored.Revision}"),
                challengers.Length,
                shadows.Length);
        }
    }

    /// <summary>Calls see the new route from here on; those who are no longer in it leave when their calls have ended.</summary>
    private void Enter(RouteState state)
    {
        var before = _state;
        var lanes = state.Shadows.Select(s => s.Lane!).ToArray();
        var table = state.Challengers.Count == 0
            ? null
            : new RouteTable(state.Route.Salt ?? _model.Name, [.. state.Challengers.Select(c => (c.Target, state.Route.FindVariant(c.Target.Variant)!.Buckets))]);
        foreach (var challenger in state.Challengers)
        {
            challenger.Target.Seat = new RouteSeat(null, FeedOf(lanes));
        }

        _model.Target.Seat = table is null && lanes.Length == 0 ? null : new RouteSeat(table, FeedOf(lanes));
        _state = state;
        foreach (var fresh in state.Challengers.Concat(state.Shadows).Except(before.Challengers.Concat(before.Shadows)))
        {
            fresh.Start(_stopping.Token);
        }

        _leaving.RemoveAll(t => t.IsCompletedSuccessfully);
        _leaving.AddRange(before.Challengers.Concat(before.Shadows).Except(state.Challengers.Concat(state.Shadows)).Select(p => p.StopAsync(CancellationToken.None)));
    }

    private static ShadowFeed? FeedOf(ShadowLane[] lanes) => lanes.Length == 0 ? null : new ShadowFeed(lanes);

    private bool IsFree(RouteVariant variant, List<string> problems)
    {
        if (variant.Name != _model.Target.Variant)
        {
            return true;
        }

        problems.Add($"Expected the challengers of model '{_model.Name}' to have other names than its champion, but found '{variant.Name}'; the champion answers its share.");
        return false;
    }

    private static RouteParticipant? Keep(IReadOnlyList<RouteParticipant> known, string variant, RouteTarget wanted, double sampleRate = 0)
        => known.FirstOrDefault(p => p.Target.Variant == variant && p.Wanted == wanted && p.SampleRate.Equals(sampleRate));

    private RouteParticipant CreateChallenger(RouteVariant variant)
    {
        var target = new ServingTarget(_model.Name, SelectorOf(variant.Target), variant.Name) { WithoutVersion = $"the champion answers the share of '{variant.Name}'" };
        return new RouteParticipant(target, variant.Target, CreateFollower(target));
    }

    private RouteParticipant CreateShadow(RouteShadow shadow)
    {
        var target = new ServingTarget(_model.Name, SelectorOf(shadow.Target), shadow.Variant) { WithoutVersion = $"shadow '{shadow.Name}' sees nothing", Seat = new RouteSeat(null, null) };
        return new RouteParticipant(target, shadow.Target, CreateFollower(target))
        {
            SampleRate = shadow.SampleRate,
            Lane = new ShadowLane(target, shadow.SampleRate, _model.Settings.ShadowQueueLength, IsBusy, _clock, _logger),
        };
    }

    private bool IsBusy() => _model.Target.Current is { } champion && champion.Singles.WaitingCount + champion.Batches.WaitingCount > 0;

    private VersionFollower CreateFollower(ServingTarget target)
        => new(target, _host, _registry, _model.Settings, _clock.Time, _logger) { ComparesFeatures = false };

    private static VersionSelector SelectorOf(RouteTarget target)
        => target.Alias is { } alias ? VersionSelector.FromAlias(alias) : VersionSelector.FromVersion(target.Version!.Value);

    private static VariantDescription Describe(ServingTarget target, int basisPoints)
    {
        var version = target.Current;
        var reading = version?.Recorder.Counters?.Read() ?? VariantReading.Nothing;
        return new VariantDescription
        {
            Name = target.Variant,
            Version = version?.Manifest.Version,
            Share = basisPoints / (double)ModelRoute.WholeBasisPoints,
            Calls = reading.Calls,
            Errors = reading.Errors,
            MedianLatency = reading.Latency(0.5),
            TailLatency = reading.Latency(0.99),
        };
    }

    private static ShadowDescription Describe(RouteParticipant shadow)
    {
        var version = shadow.Lane!.Ring?.Version;
        var agreement = shadow.Lane.Agreement;
        return new ShadowDescription
        {
            Name = shadow.Target.Variant[RouteShadow.VariantPrefix.Length..],
            Version = version?.Manifest.Version,
            SampleRate = shadow.SampleRate,
            Accepted = agreement.Accepted,
            Dropped = agreement.Dropped,
            Skipped = agreement.Skipped,
            Failed = agreement.Failed,
            Compared = agreement.Compared,
            MeanAbsoluteDifference = agreement.MeanAbsoluteDifference,
            DisagreementRate = agreement.Disagreed / (double)agreement.Compared,
            MedianLatency = version?.Recorder.Counters?.Read().Latency(0.5),
        };
    }
}
