using System.Globalization;
using Mlp.Features.Definitions;
using Mlp.Runtime.Data;

namespace Mlp.Features.Offline;

/// <summary>
/// Which commits of the offline store are read: what the store held then, whatever was ingested, corrected or compacted since. (What was <em>known</em> at the time of each row is <see cref="JoinMode.CreatedTime"/>.)
/// Rows of entities that were deleted since stay away. Immutable.
/// </summary>
public sealed class OfflineTimeTravel
{
    private readonly long? _time;
    private readonly IReadOnlyList<FeatureViewCommit> _commits;

    private OfflineTimeTravel(long? time, IReadOnlyList<FeatureViewCommit> commits)
    {
        _time = time;
        _commits = commits;
    }

    /// <summary>Of each view the last commit made at a time or before, by the clocks of the processes that made them. Pushed rows belong to the commit that brought them over.</summary>
    /// <param name="time">The time, rounded down to microseconds.</param>
    /// <returns>The commits.</returns>
    public static OfflineTimeTravel ToCommitTime(DateTimeOffset time) => new(Microseconds.FromRequestTime(time), []);

    /// <summary>Commits by their numbers, such as those of <see cref="TrainingSetManifest.Commits"/>, so that the same question gives the same rows.</summary>
    /// <param name="commits">One for each stored view of the service; others are passed over.</param>
    /// <returns>The commits.</returns>
    public static OfflineTimeTravel ToCommits(IEnumerable<FeatureViewCommit> commits)
    {
        ArgumentNullException.ThrowIfNull(commits);
        return new OfflineTimeTravel(null, [.. commits]);
    }

    /// <summary>The commits of the stored views of a service.</summary>
    /// <param name="service">The service.</param>
    /// <param name="store">The offline store.</param>
    /// <exception cref="FeatureDefinitionException">A view has no commit here, or one of another definition.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A view never had the commit.</exception>
    internal Dictionary<(string View, int Version), long> CommitsOf(FeatureServiceDefinition service, OfflineStore store)
    {
        var commits = new Dictionary<(string View, int Version), long>();
        foreach (var view in service.Views.Where(view => view.View is not null).Select(view => view.View!))
        {
            // A service may take a view more than once, by other keys.
            commits[(view.Name, view.Version)] = CommitOf(view, store);
        }

        return commits;
    }

    /// <summary>The commit of a view.</summary>
    /// <param name="view">The view.</param>
    /// <param name="store">The offline store.</param>
    /// <exception cref="FeatureDefinitionException">The view has no commit here, or one of another definition.</exception>
    internal long CommitOf(FeatureViewDefinition view, OfflineStore store) => _time is { } time ? store.Open(view).CommitAt(time) : CommitOf(view);

    private long CommitOf(FeatureViewDefinition view)
    {
        var commit = _commits.FirstOrDefault(commit => commit.View == view.Name && commit.Version == view.Version)
            ?? throw new FeatureDefinitionException(view.Name, $"Expected a commit for {view}, but found {(_commits.Count == 0 ? "none" : string.Join(", ", _commits.Select(c => string.Create(CultureInfo.InvariantCulture, $"'{c.View}' version {c.Version}"))))}.");
        return commit.Fingerprint == view.Fingerprint
            ? commit.Commit
            : throw new FeatureDefinitionException(
                view.Name,
                $"Expected a commit of {view} with fingerprint {view.Fingerprint[..8]}, but found {commit.Fingerprint[..Math.Min(8, commit.Fingerprint.Length)]}.");
    }
}
