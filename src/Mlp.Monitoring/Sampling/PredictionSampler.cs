using System.Buffers;
using System.IO.Hashing;
using Microsoft.Extensions.Logging;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Monitoring.Sampling;

/// <summary>
/// Decides which predictions of a model version are written down, and what each of them stands for: 1 divided by the chance at which it was kept (Horvitz and Thompson, "A generalization of sampling
/// without replacement from a finite universe", JASA 47, 1952). Thread-safe, allocates nothing.
/// </summary>
internal sealed class PredictionSampler
{
    private const int StackLength = 512;

    private readonly SamplingConfiguration _configuration;
    private readonly string[] _keptTags;
    private readonly double _threshold;
    private readonly int _scoreIndex;
    private readonly double _weight;
    private readonly ulong _limit;
    private long _ruleFailures;
    private Exception? _firstRuleFailure;
    private bool _hasTold;

    private PredictionSampler(SamplingConfiguration configuration, ServedModel model)
    {
        _configuration = configuration;
        _keptTags = [.. configuration.KeptTags];
        _threshold = model.Manifest.Output.DecisionThreshold;
        _scoreIndex = model.Manifest.Output.ScoreIndex;
        _weight = 1 / configuration.Rate;

        // A hash below the limit is kept: of the 2^64 values as many as the rate says.
        _limit = LimitOf(configuration.Rate);
    }

    /// <summary>The sampler of a version, or null where everything is kept.</summary>
    /// <param name="configuration">Settings of its model, or null.</param>
    /// <param name="model">The version.</param>
    public static PredictionSampler? For(SamplingConfiguration? configuration, ServedModel model)
        => configuration is null or { Rate: >= 1 } ? null : new PredictionSampler(configuration, model);

    /// <summary>How often the application's rule has thrown: each time the prediction was kept.</summary>
    public long RuleFailures => Interlocked.Read(ref _ruleFailures);

    /// <summary>Logs once that the rule throws. Not for the threads of requests.</summary>
    /// <param name="logger">Hears of it.</param>
    /// <param name="model">The version.</param>
    public void TellOfRuleFailure(ILogger logger, ServedModel model)
    {
        if (!_hasTold && Volatile.Read(ref _firstRuleFailure) is { } failure)
        {
            _hasTold = true;
            logger.LogError(
                failure,
                "The rule by which predictions of model {Model} version {Version} are kept throws, so that each is kept by which it does: sampling saves less, or nothing.",
                model.Manifest.Name,
                model.Manifest.Version);
        }
    }

    /// <summary>The draws below it are kept at a rate below 1.</summary>
    public static ulong LimitOf(double rate) => (ulong)Math.ScaleB(rate, 64);

    /// <summary>The draw of a request, evenly spread over all numbers.</summary>
    public static ulong DrawOf(in PredictionId requestId)
    {
        Span<byte> id = stackalloc byte[PredictionId.ByteCount];
        requestId.Write(id);
        return Upper(id);
    }

    /// <summary>Decides of a prediction.</summary>
    /// <param name="record">The prediction.</param>
    /// <returns>What it stands for when it is kept: 1 if a rule keeps it, 1 / rate if the draw does; 0 if it is left out.</returns>
    public double Decide(in PredictionRecord record)
        => IsKeptByRule(record) ? 1
            : HashOf(record) < _limit ? _weight
            : 0;

    private bool IsKeptByRule(in PredictionRecord record)
    {
        if (record.Outcome != PredictionOutcome.Ok)
        {
            if (_configuration.KeepsFailures)
            {
                return true;
            }
        }
        else if (_scoreIndex < record.Scores.Length && Math.Abs(record.Scores[_scoreIndex] - _threshold) <= _configuration.ThresholdMargin)
        {
            return true;
        }

        return (_keptTags.Length > 0 && HasKeptTag(record)) || (_configuration.Rule is { } rule && IsKeptBy(rule, record));
    }

    private bool HasKeptTag(in PredictionRecord record)
    {
        foreach (ref readonly var tag in record.Tags)
        {
            if (Array.IndexOf(_keptTags, tag.Key) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    private bool IsKeptBy(PredictionRule rule, in PredictionRecord record)
    {
        try
        {
            return rule(record);
        }
#pragma warning disable CA1031 // A rule of the application never breaks its request.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.Increment(ref _ruleFailures);
            Interlocked.CompareExchange(ref _firstRuleFailure, e, null);
            return true;
        }
    }

    private ulong HashOf(in PredictionRecord record)
    {
        if (_configuration.Unit == SamplingUnit.Entity && !record.Keys.IsEmpty)
        {
            return HashOf(record.Keys);
        }

        return DrawOf(record.RequestId);
    }

    private static ulong HashOf(ReadOnlySpan<EntityValue> keys)
    {
        var length = EntityKeyEncoding.GetMaximumLength(keys);
        var rented = length > StackLength ? ArrayPool<byte>.Shared.Rent(length) : null;
        try
        {
            Span<byte> bytes = rented ?? stackalloc byte[StackLength];
            return Upper(bytes[..EntityKeyEncoding.Encode(keys, bytes)]);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented, clearArray: true);
            }
        }
    }

    private static ulong Upper(ReadOnlySpan<byte> bytes) => (ulong)(XxHash128.HashToUInt128(bytes) >> 64);
}
