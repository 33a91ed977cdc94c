using Microsoft.Extensions.Logging;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Versions;

namespace Mlp.Runtime.Routing;

/// <summary>A challenger or a shadow of a route in this process: where its version is, who keeps it there, and, of a shadow, who runs it. Its methods are called by one caller at a time.</summary>
internal sealed class RouteParticipant : IDisposable
{
    private readonly VersionFollower _follower;
    private Task _starting = Task.CompletedTask;

    /// <summary>Makes a participant without a version.</summary>
    /// <param name="target">Where its version will be.</param>
    /// <param name="wanted">What the route says that it is.</param>
    /// <param name="follower">Keeps the target.</param>
    public RouteParticipant(ServingTarget target, RouteTarget wanted, VersionFollower follower)
    {
        Target = target;
        Wanted = wanted;
        _follower = follower;
        Tags = new RoutingTags(target.Model, target.Variant);
    }

    /// <summary>Where its version is.</summary>
    public ServingTarget Target { get; }

    /// <summary>What the route says that it is.</summary>
    public RouteTarget Wanted { get; }

    /// <summary>Who runs it, of a shadow.</summary>
    public ShadowLane? Lane { get; init; }

    /// <summary>Share of the calls that it sees, of a shadow.</summary>
    public double SampleRate { get; init; }

    /// <summary>The tags of its measurements.</summary>
    public RoutingTags Tags { get; }

    /// <summary>What is wrong with it, as sentences.</summary>
    public IEnumerable<string> Problems
        => Target.Current is { } version
            ? [.. version.Entities.Misfits.Select(m => $"Expected {Target.Variant} of model '{Target.Model}' to take the calls of the champion, but: {m}"), .. FollowerProblem()]
            : FollowerProblem();

    /// <summary>Begins to load its version; nobody waits for it.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public void Start(CancellationToken cancellationToken) => _starting = StartAsync(cancellationToken);

    /// <summary>Asks the registry now. May be called at any time by any thread.</summary>
    public void Wake() => _follower.Wake();

    /// <summary>Completes when the first look for its version has ended, well or not.</summary>
    public Task Started => _starting;

    /// <summary>Takes its version out of service, when its calls have ended.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _starting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Lane is not null)
        {
            await Lane.DisposeAsync().ConfigureAwait(false);
        }

        await _follower.StopAsync(cancellationToken).ConfigureAwait(false);
        _follower.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => _follower.Dispose();

    private IEnumerable<string> FollowerProblem() => _follower.Problem is { } problem ? [problem] : [];

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        await _follower.StartAsync(cancellationToken).ConfigureAwait(false);
    }
}
