using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Mlp.Features.Definitions;
using Mlp.Features.Offline;

namespace Mlp.Features;

/// <content>Versions of a view that take over the rows of earlier ones.</content>
public sealed partial class FeatureStore
{
    private readonly ConcurrentDictionary<(string Name, int Version), int> _unknownSources = new();

    /// <summary>
    /// Takes over what an earlier version of a view has got since the last time, for a version that was added with <c>EvolvesFrom</c>. The owner of the data directory does it at its start and from time to time; this is for
    /// those who still take rows into the earlier version and want them in the later one now. Rows keep their event times, created times and order.
    /// </summary>
    /// <param name="view">View name.</param>
    /// <param name="version">The later version; null for the highest.</param>
    /// <param name="cancellationToken">Gives up; nothing is changed then.</param>
    /// <returns>What was done; it is on the device.</returns>
    /// <exception cref="FeatureDefinitionException">There is no such view, it evolves from none, or rows could not be taken over as they are.</exception>
    /// <exception cref="InvalidOperationException">This process does not own the data directory.</exception>
    /// <exception cref="Runtime.CorruptFileException">A data file is damaged.</exception>
    public async Task<AdoptionResult> AdoptAsync(string view, int? version = null, CancellationToken cancellationToken = default)
    {
        var definition = OpenView(view, version);
        if (!Directory.IsOwner)
        {
            throw new InvalidOperationException($"Expected the owner of the data directory to take over rows into {definition}, but this process only reads it.");
        }

        if (!Catalog.Evolutions.TryGetValue((definition.Name, definition.Version), out var evolution))
        {
            throw new FeatureDefinitionException(view, $"Expected {definition} to be added with EvolvesFrom, but it evolves from no other version.");
        }

        // What was pushed is acknowledged, so it is among the rows of the earlier version.
        await Online.FlushAsync(cancellationToken).ConfigureAwait(false);
        await _deletions.ResumeAsync(cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => AdoptAsync(definition, evolution, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes over everything there is, in the order of versions, so that rows may pass through several.</summary>
    private async Task AdoptAllAsync(CancellationToken cancellationToken)
    {
        foreach (var ((name, version), evolution) in Catalog.Evolutions.OrderBy(entry => entry.Key.Version))
        {
            await AdoptAsync(Catalog.GetView(name, version), evolution, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<AdoptionResult> AdoptAsync(FeatureViewDefinition to, FeatureViewEvolution evolution, CancellationToken cancellationToken)
    {
        var from = Catalog.FindView(to.Name, evolution.FromVersion) ?? _definitions.FindView(to.Name, evolution.FromVersion);

        if (from is null && _unknownSources.TryAdd((to.Name, to.Version), evolution.FromVersion))
        {
            _logger.LogWarning(
                "Expected version {Version} of feature view '{View}', from which version {Later} evolves, to be defined or to have been used with this data directory, but it is not known here: version {Later} begins without rows.",
                evolution.FromVersion,
                to.Name,
                to.Version,
                to.Version);
        }

        // The data directory may be younger than the earlier version. Where a deletion was broken off, the rows come when it is completed.
        return (from is null ? null : await _deletions.TryWithoutDeletionAsync(() => new OfflineAdoption(Offline, from, to, evolution).Run(cancellationToken), cancellationToken).ConfigureAwait(false))
            ?? new AdoptionResult(to.Name, evolution.FromVersion, to.Version, null, 0);
    }
}
