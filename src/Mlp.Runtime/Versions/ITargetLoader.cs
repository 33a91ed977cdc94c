namespace Mlp.Runtime.Versions;

/// <summary>Brings a target into service and out of it. Called by one caller at a time.</summary>
internal interface ITargetLoader
{
    /// <summary>Loads what the target wants and publishes it there.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task after which the target has a version, or says why it has none.</returns>
    Task LoadAsync(CancellationToken cancellationToken);

    /// <summary>Takes the version out of service; calls that have begun go on.</summary>
    /// <returns>A task that completes when nothing will be published any more.</returns>
    Task UnloadAsync();

    /// <summary>Waits for the calls of versions that have left service.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task DrainAsync(CancellationToken cancellationToken);
}
