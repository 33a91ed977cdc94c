using System.Globalization;
using Microsoft.Extensions.Logging;
using Mlp.Training.Distributed.DataParallel;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>Begins to watch the replicas of a training.</summary>
internal static class ReplicaWatching
{
    private static int _members;

    /// <summary>Begins the timeline of this process.</summary>
    /// <param name="options">How replicas train.</param>
    /// <param name="clock">Measures.</param>
    /// <param name="logger">Told of a disk that fails.</param>
    /// <returns>The timeline; null for none.</returns>
    public static TimelineFile? OpenTimeline(DataParallelOptions options, TimeProvider clock, ILogger logger)
        => TimelineFile.Open(options.Timeline, OwnerOf(options), clock, logger);

    /// <summary>Begins to watch one replica. All replicas call it.</summary>
    /// <param name="replicas">The replicas; null for one alone, which is watched for its timeline only.</param>
    /// <param name="timeline">The timeline of this process; null for none.</param>
    /// <param name="clock">Measures.</param>
    /// <returns>The watch; null for none.</returns>
    public static StepWatch? Begin(ReplicaGroup? replicas, TimelineFile? timeline, TimeProvider clock)
    {
        var (rank, count) = (replicas?.Shard.Rank ?? 0, replicas?.Shard.Count ?? 1);
        if (replicas is null)
        {
            return timeline is null ? null : new(clock, rank, count, Track(timeline, rank, count, new(timeline.Began, 0)));
        }

        // Replicas in one process have one clock. Of processes one may have no timeline, whose file it could not open, and is asked for its clock all the same.
        var alignment = replicas.Options.Group is null ? new ClockAlignment(timeline?.Began ?? 0, 0)
            : replicas.Any(timeline is not null, "timeline") ? ClockAlignment.Measure(replicas.Group, clock, timeline?.Zero) : default;
        if (timeline is not null)
        {
            timeline.Zero = alignment.Zero;
        }

        var watch = new StepWatch(clock, rank, count, timeline is null ? null : Track(timeline, rank, count, alignment));
        watch.Watch(replicas.Group);
        if (replicas.StatisticsGroup is { } statistics)
        {
            watch.Watch(statistics);
        }

        return replicas.Watch = watch;
    }

    // Members of an elastic group have another rank in each generation.
    private static string? OwnerOf(DataParallelOptions options)
        => options.Elastic.Group is not null ? string.Create(CultureInfo.InvariantCulture, $"member-{RankPlace.Here.ProcessId}-{Interlocked.Increment(ref _members)}")
            : options.Group is { WorldSize: > 1 } group ? string.Create(CultureInfo.InvariantCulture, $"rank-{group.Rank}")
            : null;

    private static TimelineTrack Track(TimelineFile timeline, int rank, int count, ClockAlignment alignment)
    {
        var track = new TimelineTrack(timeline, rank, count, alignment.Zero);
        track.Introduce(
            string.Create(CultureInfo.InvariantCulture, $"rank {rank} ({RankPlace.Here.Host}, process {RankPlace.Here.ProcessId})"),
            (long)(alignment.Error * (1e9 / timeline.Clock.TimestampFrequency)));
        return track;
    }
}
