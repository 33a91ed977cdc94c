using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Nccl;
using Mlp.Training.Distributed.DataParallel.Compression;
using Mlp.Training.Distributed.DataParallel.Interop;
using Mlp.Training.Distributed.DataParallel.Tuning;
using Mlp.Training.Networks;
using ScalarType = TorchSharp.torch.ScalarType;

namespace Mlp.Training.Distributed.DataParallel;

/// <summary>What replicas exchange in a step: losses, and gradients. For one thread.</summary>
internal sealed class StepExchange : IDisposable
{
    private readonly ReplicaGroup _replicas;
    private readonly GradientBuckets _gradients;
    private readonly BucketTuning? _tuning;
    private readonly FlatParameters _parameters;

    /// <summary>Prepares.</summary>
    /// <param name="replicas">The replicas.</param>
    /// <param name="parameters">The weights of this one.</param>
    /// <param name="scaler">The loss scale; null for none.</param>
    /// <param name="logger">Told of the size of buckets that was found; null for nobody.</param>
    /// <param name="timeProvider">Measures sizes of buckets; the system's clock when null.</param>
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The buckets own the transport, and the memory is the tensor's.")]
    public StepExchange(ReplicaGroup replicas, FlatParameters parameters, GradientScaler? scaler = null, ILogger? logger = null, TimeProvider? timeProvider = null)
    {
        (_replicas, _parameters) = (replicas, parameters);
        var options = replicas.Options;
        Shards = options.ShardOptimizer ? new(replicas.Shard, parameters.Length) : null;
        var (offsets, length, decayed) = (parameters.Offsets, parameters.Length, parameters.DecayedLength);
        IReadOnlyList<GradientBucket> Cut(int bytes) => GradientBucketPlan.Cut(
            offsets,
            decayed > 0 && decayed < length ? [decayed, length] : [length],
            (bytes == options.BucketBytes ? options.FirstBucketBytes : Math.Min(options.FirstBucketBytes, bytes)) / sizeof(float),
            bytes / sizeof(float));
        var buckets = Cut(options.BucketBytes);
        var overlaps = options.Overlap && GradientHooks.AreAvailable;
        var host = parameters.Device.IsHost ? null : parameters.Device.Pinned(InputBatch.New(ScalarType.Float32, length));
        var memory = new TensorMemory<float>(host ?? parameters.Gradients);
        IGradientTransport transport;
        if (host is not null && replicas.Group is { TakesDeviceMemory: true } gpus && replicas.Shared is null && options.Compression == GradientCompression.None)
        {
            host.Dispose();
            host = null;
            transport = new DeviceTransport(gpus, TensorMemory<float>.OnDevice(parameters.Gradients).Memory, ((NcclBackend)gpus.End).NewReadyEvents(), buckets);
        }
        else if (replicas.Shared is { } shared)
        {
            shared.Join(replicas.Shard.Rank, memory.Address, buckets, replicas.Watch);
            transport = new SharedTransport(shared, replicas.Group);
        }
        else
        {
            Compression = options.Compression == GradientCompression.None
                ? null
                : new(parameters.Length, options.Compression == GradientCompression.Float16, options.ErrorFeedback, canLeaveOut: scaler is not null);
            transport = options.Compression switch
            {
                GradientCompression.Float16 => new NarrowingTransport<Half>(replicas.Group, memory.Memory, buckets, overlaps, Compression!, scaler),
                GradientCompression.TopK => new TopKTransport(replicas.Group, memory.Memory, buckets, overlaps, Compression!, scaler, options.TopKShare),
                GradientCompression.BFloat16 => new NarrowingTransport<BFloat16>(replicas.Group, memory.Memory, buckets, overlaps, Compression!, scaler),
                _ when options.Adasum => new AdasumTransport(replicas.Group, memory.Memory, buckets, offsets),
                _ => new GroupTransport<float>(replicas.Group, memory.Memory, buckets, overlaps),
            };
        }

        transport = host is null ? transport : new StagedTransport(transport, parameters.Gradients, host, buckets);
        replicas.Watch?.Plan(buckets, overlaps);
        _gradients = new(transport, buckets, parameters.Parameters, overlaps);
        _tuning = BucketTuning.Create(replicas, Cut, logger ?? NullLogger.Instance, timeProvider ?? TimeProvider.System);
    }

    /// <summary>What rounding of gradients remembers; null where they travel as they are.</summary>
    public CompressionState? Compression { get; }

    /// <summary>Which part of the weights the optimizer of each replica moves; null where each moves all.</summary>
    public OptimizerShards? Shards { get; }

    /// <summary>Whether a batch's loss counts. Replicas that share batch statistics go through a backward pass together or not at all.</summary>
    /// <param name="mine">Whether this replica's loss is a number.</param>
    /// <param name="isTolerated">Whether training goes on where it is none.</param>
    public bool IsFinite(bool mine, bool isTolerated) => _replicas.Statistics is null || !isTolerated ? mine : !_replicas.Any(!mine, "overflow");

    /// <summary>Begins, before the last backward pass of a step and when all its losses are known.</summary>
    /// <param name="lossSum">Sum of this replica's losses, each times its share.</param>
    /// <param name="lossShare">Sum of the shares.</param>
    /// <param name="isOverflown">Whether a loss is no number.</param>
    public void Begin(double lossSum, double lossShare, bool isOverflown)
    {
        if (_tuning is { IsDone: false })
        {
            _tuning.Begin();
        }

        _gradients.Begin([lossSum, lossShare, isOverflown ? 1 : 0]);
    }

    /// <summary>Ends, after the backward pass, when gradients are sums over all replicas.</summary>
    /// <returns>The same of all replicas.</returns>
    /// <exception cref="Collectives.CollectiveException">A rank is lost, late, or does something else.</exception>
    public (double LossSum, double LossShare, bool IsOverflown) End()
    {
        _replicas.Statistics?.ThrowIfFailed();
        Span<double> totals = stackalloc double[3];
        _gradients.End(totals);
        Compression?.EndStep(isLeftOut: totals[2] > 0);
        if (_tuning is { IsDone: false } && _tuning.End() is { } buckets)
        {
            _gradients.Cut(buckets);
            _replicas.Watch?.Plan(buckets);
        }

        return (totals[0], totals[1], totals[2] > 0);
    }

    /// <summary>Ends, after the optimizer, when each replica has moved its part of the weights: all get all. Does nothing where each has moved all.</summary>
    public void ShareWeights()
    {
        if (Shards is { } shards)
        {
            _replicas.Gather(_parameters.WeightValues, shards.Counts, "weights");
        }
    }

    public void Dispose() => _gradients.Dispose();
}
