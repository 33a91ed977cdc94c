using System.Text.Json;
using Microsoft.Extensions.Logging;
using Mlp.Training.Distributed.DataParallel;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>Brings the figures of all replicas together, and tells the log, on rank 0, when communication takes much of the time. All replicas make the same calls after the same steps. For one thread.</summary>
internal sealed class StepReporter
{
    // Early enough to be of use, late enough not to be about the first steps, in which everything is slow.
    private const long FirstCheck = 100;
    private const long CheckEvery = 1000;
    private const long FewSteps = 20;

    private readonly ReplicaGroup _replicas;
    private readonly StepWatch _watch;
    private readonly ILogger _logger;
    private readonly RankPlace[] _roll;
    private readonly TeamFigures _epoch;
    private readonly TeamFigures _training;
    private readonly TeamFigures _untold;
    private readonly HashSet<(CommunicationCause, int)> _told = [];
    private long _steps;

    /// <summary>Asks all replicas where they run.</summary>
    /// <param name="replicas">The replicas.</param>
    /// <param name="watch">Measures this one.</param>
    /// <param name="logger">Told on rank 0.</param>
    public StepReporter(ReplicaGroup replicas, StepWatch watch, ILogger logger)
        : this(replicas, watch, logger, RankPlace.Here)
    {
    }

    /// <inheritdoc cref="StepReporter(ReplicaGroup, StepWatch, ILogger)"/>
    /// <param name="replicas">The replicas.</param>
    /// <param name="watch">Measures this one.</param>
    /// <param name="logger">Told on rank 0.</param>
    /// <param name="here">Where this one runs.</param>
    internal StepReporter(ReplicaGroup replicas, StepWatch watch, ILogger logger, RankPlace here)
    {
        (_replicas, _watch, _logger) = (replicas, watch, logger);
        _roll = [.. replicas.Group.AllGatherUneven<byte>(JsonSerializer.SerializeToUtf8Bytes(here), "where ranks run").Select(bytes => JsonSerializer.Deserialize<RankPlace>(bytes)!)];
        (_epoch, _training, _untold) = (new(_roll.Length), new(_roll.Length), new(_roll.Length));
    }

    /// <summary>What all steps so far were made of, as of the last epoch's end.</summary>
    public DataParallelReport Training => Report(_training);

    /// <summary>A step has ended; after some of them figures are exchanged.</summary>
    public void StepEnded()
    {
        _steps++;
        if (_steps % CheckEvery == FirstCheck)
        {
            _watch.Outside("figures", Exchange);
        }
    }

    /// <summary>An epoch has ended.</summary>
    /// <returns>What its steps were made of.</returns>
    public DataParallelReport EndEpoch()
    {
        _watch.Outside("figures", Exchange);
        var report = Report(_epoch);
        _epoch.Clear();
        if (_replicas.IsFirst && _logger.IsEnabled(LogLevel.Debug))
        {
            _logger.LogDebug("Replicas: {Report}", report);
        }

        return report;
    }

    private void Exchange()
    {
        var figures = _watch.Figures;
        var own = _replicas.Gather(figures.Own(), "figures of steps");
        _replicas.Sum(figures.ByLastRank, "waits by rank");
        Array.ForEach([_epoch, _training, _untold], f => f.Add(own, figures.ByLastRank));
        figures.Clear();
        if (_untold.Steps < FewSteps)
        {
            return;
        }

        if (_replicas.IsFirst)
        {
            Tell(Report(_untold));
        }

        _untold.Clear();
    }

    private void Tell(DataParallelReport report)
    {
        TrainingMetrics.Efficiency.Record(report.Efficiency);
        if (report.Cause != CommunicationCause.None && _told.Add((report.Cause, report.Cause == CommunicationCause.SlowRank ? report.SlowRank!.Rank : -1)))
        {
            _logger.LogWarning("{Advice}", report.Advice);
        }
    }

    private DataParallelReport Report(TeamFigures figures)
    {
        var buckets = _watch.Buckets ?? [];
        var report = figures.Report(_roll) with
        {
            Transport = _replicas.Shared is null ? _replicas.Group.Backend : "shared memory",
            BucketCount = buckets.Count,
            GradientBytes = buckets.Sum(b => (long)b.Length) * (_replicas.Options.Compression == GradientCompression.None ? sizeof(float) : sizeof(ushort)),
        };
        return CommunicationAdvice.Add(report, _roll, _watch.Overlaps, _replicas.Options);
    }
}
