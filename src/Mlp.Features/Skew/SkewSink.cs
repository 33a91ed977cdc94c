using System.IO.Hashing;
using Mlp.Features.Definitions;
using Mlp.Runtime.Predictions;

namespace Mlp.Features.Skew;

/// <summary>Keeps rows that one model version was served. The call path never waits: while a row is copied or rows are handed over, another one that comes is dropped and counted. Thread-safe.</summary>
internal sealed class SkewSink : IRequestSink, IDisposable
{
    private readonly Lock _gate = new();
    private readonly ulong _threshold;
    private SkewSamples _collecting;
    private SkewSamples _spare;
    private long _dropped;

    internal SkewSink(ServedModel model, FeatureServiceDefinition service, SkewCheckOptions options)
    {
        Model = model;
        Service = service;
        _threshold = options.SampleRate >= 1 ? ulong.MaxValue : (ulong)(options.SampleRate * ulong.MaxValue);
        _collecting = new SkewSamples(service, options.MaximumRows);
        _spare = new SkewSamples(service, options.MaximumRows);
        Tags = [new("model", model.Manifest.Name), new("version", model.Manifest.Version)];
        WantsRequests = service.Views.Any(view => view.OnDemand is not null);
    }

    /// <inheritdoc/>
    public bool WantsRequests { get; }

    internal ServedModel Model { get; }

    internal FeatureServiceDefinition Service { get; }

    /// <summary>Tags of measurements, made once.</summary>
    internal KeyValuePair<string, object?>[] Tags { get; }

    /// <summary>Number of rows that wait for a check.</summary>
    internal int WaitingRowCount => Volatile.Read(ref _collecting).Count;

    /// <summary>Number of rows that found no room since the last check.</summary>
    internal long DroppedRowCount => Interlocked.Read(ref _dropped);

    /// <summary>Whether the version has left service: what it kept is checked once more.</summary>
    internal bool IsRetired { get; private set; }

    /// <inheritdoc/>
    public void Record(in PredictionRecord record)
    {
        if (record.Outcome != PredictionOutcome.Ok || (record.Keys.IsEmpty && record.Request is null) || !IsChosen(record.Id))
        {
            return;
        }

        var isKept = false;
        if (_gate.TryEnter())
        {
            try
            {
                isKept = _collecting.TryAdd(in record);
            }
            finally
            {
                _gate.Exit();
            }
        }

        if (isKept)
        {
            SkewMetrics.Sampled.Add(1, Tags);
            return;
        }

        Interlocked.Increment(ref _dropped);
        SkewMetrics.Dropped.Add(1, Tags);
    }

    /// <summary>Hands over what was kept, and goes on with empty room. One caller at a time, who clears what it gets before it asks again.</summary>
    internal (SkewSamples Samples, long Dropped) Take()
    {
        lock (_gate)
        {
            (_collecting, _spare) = (_spare, _collecting);
        }

        return (_spare, Interlocked.Exchange(ref _dropped, 0));
    }

    public void Dispose() => IsRetired = true;

    private bool IsChosen(PredictionId id)
    {
        Span<byte> bytes = stackalloc byte[PredictionId.ByteCount];
        id.Write(bytes);
        return XxHash3.HashToUInt64(bytes) <= _threshold;
    }
}
