using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Profiles;

/// <summary>The profiles of the live stream: those of versions in service, and what lies in files. Thread-safe; reading needs no lock on the data directory.</summary>
/// <param name="directory">Where the files lie.</param>
/// <param name="configuration">Settings.</param>
/// <param name="disk">Where durability comes from.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Hears of failures.</param>
internal sealed class ProfileStore(DataDirectory directory, ProfileConfiguration configuration, IDiskSync disk, TimeProvider timeProvider, ILogger<ProfileStore> logger)
{
    private readonly ConcurrentDictionary<LiveProfile, byte> _live = new();
    private readonly Lock _merging = new();

    /// <summary>Begins to profile a version that comes into service.</summary>
    /// <param name="model">The version.</param>
    /// <param name="reference">Its reference profile, or null when it has none.</param>
    public LiveProfile Watch(ServedModel model, Task<ReferenceProfile?> reference)
    {
        var live = new LiveProfile(model, reference, directory.Predictions, configuration, disk, timeProvider, logger, Tidy, left => _live.TryRemove(left, out _));
        _live.TryAdd(live, 0);
        return live;
    }

    /// <summary>Merges the panes that reach into a time.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">Version, or null for the highest one that has a profile.</param>
    /// <param name="from">First time, or null for the beginning.</param>
    /// <param name="to">Time to stop before, or null for the end.</param>
    /// <param name="variant">One role only, or null for all.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The profile, or null where there is none.</returns>
    public async Task<DataProfile?> GetAsync(string model, int? version, DateTimeOffset? from, DateTimeOffset? to, string? variant, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // Memory first: a pane that goes out of it afterwards is in its file already.
        var live = _live.Keys.Where(l => l.Version.Model == model).SelectMany(l => l.Panes).ToDictionary(pane => pane.File.Path, StringComparer.Ordinal);
        var number = version ?? ProfileFile.List(directory.Predictions, model).Concat(live.Values.Select(pane => pane.File)).Select(file => file.Version).DefaultIfEmpty(0).Max();
        var first = from is null ? long.MinValue : Microseconds.FromRequestTime(from.Value);
        var end = to is null ? long.MaxValue : Microseconds.FromRequestTime(to.Value);
        bool IsWanted(ProfileFile file) => file.Version == number && (variant is null || file.Variant == variant) && file.Start < end && file.End > first;
        var (files, replaced) = await new ProfileFolder(directory.Predictions, model).ReadAsync(file => IsWanted(file) && !live.ContainsKey(file.Path), cancellationToken).ConfigureAwait(false);
        DataProfileBuilder? merged = null;
        foreach (var (_, profile) in files.Concat(live.Values.Where(pane => IsWanted(pane.File) && !replaced.Contains(pane.File.Name))).OrderBy(f => f.File.Start).ThenBy(f => f.File.Path, StringComparer.Ordinal))
        {
            try
            {
                merged = (merged ?? new DataProfileBuilder()).Add(profile);
            }
            catch (ArgumentException e)
            {
                throw new InvalidOperationException(
                    $"Expected the profiles of model '{model}' version {number} to be of one kind, but found two in the time asked for: the settings of profiles were changed within it. Ask for a time before or after. {e.Message}", e);
            }
        }

        return merged?.Build();
    }

    private void Tidy(LiveProfile profile, bool isNewDay)
    {
        if (!isNewDay && configuration.RetentionAge is null)
        {
            return;
        }

        // Several versions of a model may end a day at once.
        lock (_merging)
        {
            var (model, _) = profile.Version;
            var folder = new ProfileFolder(directory.Predictions, model);
            var open = _live.Keys.SelectMany(l => l.PanePaths).ToHashSet(StringComparer.Ordinal);
            if (configuration.RetentionAge is { } age)
            {
                folder.DeleteExpired(Before(age), open.Contains, disk, (file, failure) => logger.LogWarning(
                    failure, "A profile of model {Model} version {Version} is too old and cannot be deleted; trying again: {File}.", model, file.Version, file.Path));
            }

            // A pane of yesterday may still be in memory for a while, and be begun again by what comes late.
            if (isNewDay)
            {
                folder.MergeDays(Before(configuration.Pane + configuration.SaveInterval), open.Contains, disk, (file, failure) => logger.LogWarning(
                    failure, "The profiles of a day of model {Model} version {Version} cannot be merged and stay as they are: {File}.", model, file.Version, file.Path));
            }
        }
    }

    private long Before(TimeSpan age) => (timeProvider.GetUtcNow() - age - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
