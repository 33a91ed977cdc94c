namespace Mlp.Runtime.Versions;

/// <summary>Loads a target of one version, which needs no following. What cannot be loaded is thrown as it is.</summary>
/// <param name="target">The target.</param>
/// <param name="version">The version.</param>
/// <param name="host">The model's versions in memory.</param>
internal sealed class FixedVersionLoader(ServingTarget target, int version, VersionHost host) : ITargetLoader
{
    private readonly Retirements _retirements = new();

    /// <inheritdoc/>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            target.Publish(await host.OpenAsync(version, target.Selector.Variant, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e)
        {
            target.Withdraw(FormattableString.Invariant($"version {version} cannot be loaded: {e.Message.TrimEnd('.')}"));
            throw;
        }
    }

    /// <inheritdoc/>
    public Task UnloadAsync()
    {
        _retirements.Add(target.Unload());
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task DrainAsync(CancellationToken cancellationToken) => _retirements.DrainAsync(cancellationToken);
}
