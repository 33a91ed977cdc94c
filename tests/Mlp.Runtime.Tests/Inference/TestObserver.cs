using System.Collections.Concurrent;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Tests.Inference;

/// <summary>Keeps a copy of what it is told.</summary>
internal sealed class TestObserver : IPredictionObserver, IPredictionSink
{
    public List<ServedModel> Attached { get; } = [];

    public ConcurrentQueue<SeenPrediction> Seen { get; } = new();

    public IPredictionSink? Attach(ServedModel model)
    {
        lock (Attached)
        {
            Attached.Add(model);
        }

        return this;
    }

    public void Record(in PredictionRecord record) => Seen.Enqueue(new SeenPrediction(
        record.Id,
        record.EventTime,
        record.RequestTime,
        record.LatencyNanoseconds,
        record.Outcome,
        record.Keys.ToArray(),
        record.Features.Float32.ToArray(),
        record.Features.Status.ToArray(),
        record.Scores.ToArray(),
        record.Tags.ToArray()));

    internal sealed record SeenPrediction(
        PredictionId Id,
        long EventTime,
        long RequestTime,
        long LatencyNanoseconds,
        PredictionOutcome Outcome,
        EntityValue[] Keys,
        float[] Floats,
        FeatureStatus[] Status,
        double[] Scores,
        KeyValuePair<string, string>[] Tags);
}
