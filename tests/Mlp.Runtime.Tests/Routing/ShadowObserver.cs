using System.Collections.Concurrent;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Tests.Routing;

/// <summary>Keeps what was served and what shadows said.</summary>
internal sealed class ShadowObserver : IPredictionObserver
{
    public ConcurrentQueue<Told> All { get; } = new();

    public IReadOnlyList<Told> Served => [.. All.Where(t => t.RequestId == t.Id)];

    public IReadOnlyList<Told> Shadows => [.. All.Where(t => t.RequestId != t.Id)];

    public IPredictionSink? Attach(ServedModel model) => new Sink(this, model);

    private sealed class Sink(ShadowObserver owner, ServedModel model) : IPredictionSink
    {
        public void Record(in PredictionRecord record) => owner.All.Enqueue(new Told(
            record.Id,
            record.RequestId,
            record.SamplingWeight,
            model.Variant,
            model.Manifest.Version,
            model.Service?.Name,
            record.Outcome,
            record.EventTime,
            record.Keys.ToArray(),
            record.Features.Float32.ToArray(),
            record.Scores.ToArray(),
            record.Tags.ToArray()));
    }

    internal sealed record Told(
        PredictionId Id,
        PredictionId RequestId,
        double Weight,
        string Variant,
        int Version,
        string? Service,
        PredictionOutcome Outcome,
        long EventTime,
        EntityValue[] Keys,
        float[] Floats,
        double[] Outputs,
        KeyValuePair<string, string>[] Tags);
}
