using System.Text;
using Microsoft.Extensions.Logging;

namespace Mlp.Training.Distributed.DataParallel.Tuning;

/// <summary>Tries sizes of buckets in the first steps of a training and stays with the fastest, which rank 0 decides, so that all ranks always cut alike. For one thread.</summary>
internal sealed class BucketTuning
{
    private readonly ReplicaGroup _replicas;
    private readonly IReadOnlyList<IReadOnlyList<GradientBucket>> _plans;
    private readonly IReadOnlyList<int> _sizes;
    private readonly ILogger _logger;
    private readonly BucketTuner _tuner;
    private int _used;

    private BucketTuning(ReplicaGroup replicas, IReadOnlyList<int> sizes, IReadOnlyList<IReadOnlyList<GradientBucket>> plans, ILogger logger, TimeProvider timeProvider)
    {
        (_replicas, _sizes, _plans, _logger) = (replicas, sizes, plans, logger);
        _tuner = new(sizes, replicas.Options.BucketTuning.StepsPerSize, timeProvider);
    }

    /// <summary>Whether nothing is left to find out.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Prepares.</summary>
    /// <param name="replicas">The replicas.</param>
    /// <param name="cut">Cuts into buckets of some bytes.</param>
    /// <param name="logger">Told of the outcome, on rank 0.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <returns>Null where nothing is to be found out: it is not asked for, or all sizes cut alike.</returns>
    public static BucketTuning? Create(ReplicaGroup replicas, Func<int, IReadOnlyList<GradientBucket>> cut, ILogger logger, TimeProvider timeProvider)
    {
        var options = replicas.Options;
        if (!options.BucketTuning.IsEnabled)
        {
            return null;
        }

        var (sizes, plans) = (new List<int>(), new List<IReadOnlyList<GradientBucket>>());
        foreach (var size in BucketTuner.Candidates.Prepend(options.BucketBytes))
        {
            var plan = cut(size);
            if (!plans.Exists(p => p.Select(b => b.Start).SequenceEqual(plan.Select(b => b.Start))))
            {
                sizes.Add(size);
                plans.Add(plan);
            }
        }

        if (sizes.Count == 1)
        {
            if (replicas.IsFirst)
            {
                logger.LogInformation("Sizes of buckets are not measured, and no report is written: all of them cut the gradients of this network alike");
            }

            return null;
        }

        return new(replicas, sizes, plans, logger, timeProvider);
    }

    /// <summary>Begins a step.</summary>
    public void Begin() => _tuner.Begin();

    /// <summary>Ends a step.</summary>
    /// <returns>How gradients are cut from the next step on; null for as before.</returns>
    public IReadOnlyList<GradientBucket>? End()
    {
        _tuner.End();
        IsDone = _tuner.IsDone;
        var next = IsDone ? Decide() : _tuner.Current;
        if (next == _used)
        {
            return null;
        }

        _used = next;
        return _plans[next];
    }

    private int Decide()
    {
        Span<int> choice = [_replicas.IsFirst ? _tuner.Fastest() : 0];
        _replicas.Give(choice, "size of buckets");
        if (_replicas.IsFirst)
        {
            _logger.LogInformation("Gradients travel in buckets of {Bytes} bytes; from the last backward pass to the sums it took {Times}", _sizes[choice[0]], _tuner.Describe());
            Report();
        }

        return choice[0];
    }

    private void Report()
    {
        if (_replicas.Options.BucketTuning.ReportPath is not { } path)
        {
            return;
        }

        try
        {
            SavedFile.Default.Save(path, "report of bucket sizes", overwrite: true, stream => stream.Write(Encoding.UTF8.GetBytes(_tuner.Report())));
        }
        catch (FileWriteException e)
        {
            _logger.LogWarning(e, "The report of bucket sizes is not written; training goes on");
        }
    }
}
