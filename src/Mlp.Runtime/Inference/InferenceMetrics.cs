using System.Diagnostics.Metrics;
using Mlp.Runtime.Predictions;

namespace Mlp.Runtime.Inference;

/// <summary>
/// The instruments of the request path, on the meter <c>Mlp.Runtime</c>. The tags of a version are made once, so that a measurement allocates nothing. Thread-safe.
/// </summary>
internal sealed class InferenceMetrics
{
    private static readonly Counter<long> Requests =
        RuntimeMeter.Meter.CreateCounter<long>("mlp.inference.requests", "{prediction}", "Predictions asked for, by how they ended.");

    private static readonly Histogram<double> Duration =
        RuntimeMeter.Meter.CreateHistogram("mlp.inference.duration", "s", "Time from call to answer, reading features included.", tags: null, RuntimeMeter.Seconds);

    private static readonly Counter<long> ScoredRows =
        RuntimeMeter.Meter.CreateCounter<long>("mlp.scoring.rows", "{row}", "Rows of record batches scored.");

    private static readonly Counter<long> ObserverFailures =
        RuntimeMeter.Meter.CreateCounter<long>("mlp.inference.observer_failures", "{prediction}", "Predictions that an observer failed to take.");

    /// <summary>How a call ends that finds no version in service.</summary>
    public const string NotReady = "not_ready";

    private static readonly string[] OutcomeNames = ["ok", "error", "cancelled", "timeout", "shed"];

    private readonly KeyValuePair<string, object?>[][] _byOutcome;
    private readonly KeyValuePair<string, object?>[] _version;

    /// <summary>Makes the tags of a version.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">Version.</param>
    public InferenceMetrics(string model, int version)
    {
        _version = [new("model", model), new("version", version)];
        _byOutcome = Array.ConvertAll(OutcomeNames, o => (KeyValuePair<string, object?>[])[.. _version, new("outcome", o)]);
    }

    /// <summary>Counts a call that found no version in service, and so has none among its tags.</summary>
    /// <param name="model">Model name.</param>
    public static void RecordNotReady(string model) => Requests.Add(1, new("model", model), new("outcome", NotReady));

    /// <summary>Counts a call.</summary>
    /// <param name="outcome">How it ended.</param>
    /// <param name="rowCount">Predictions that it asked for.</param>
    /// <param name="latencyNanoseconds">How long it took.</param>
    public void Record(PredictionOutcome outcome, int rowCount, long latencyNanoseconds)
    {
        Requests.Add(rowCount, _byOutcome[(int)outcome]);
        Duration.Record(latencyNanoseconds * 1e-9, _version);
    }

    /// <summary>Measures a wait for a slot, whatever came of it.</summary>
    /// <param name="nanoseconds">How long it took.</param>
    public void RecordWait(long nanoseconds) => RuntimeMeter.QueueDuration.Record(nanoseconds * 1e-9, _version);

    /// <summary>Counts rows of a scored batch.</summary>
    /// <param name="rowCount">Number of rows.</param>
    public void RecordScored(int rowCount) => ScoredRows.Add(rowCount, _version);

    /// <summary>Counts a prediction that an observer failed to take.</summary>
    public void RecordObserverFailure() => ObserverFailures.Add(1, _version);
}
