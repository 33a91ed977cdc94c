using System.Diagnostics.Metrics;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Batching;

/// <summary>
/// The instruments of batching, on the meter <c>Mlp.Runtime</c>. The tags of a version are made once, so that a measurement allocates nothing; where nobody listens, nothing is computed.
/// Thread-safe.
/// </summary>
internal sealed class BatchingMetrics
{
    private static readonly Histogram<long> Size = RuntimeMeter.Meter.CreateHistogram<long>("mlp.inference.batch.size", "{row}", "Rows of a batch.");

    private static readonly Counter<long> Batches =
        RuntimeMeter.Meter.CreateCounter<long>("mlp.inference.batches", "{batch}", "Batches, by why they took no more rows.");

    private static readonly string[] ReasonNames = ["full", "deadline", "idle", "budget", "inline"];

    private static readonly Lock Gate = new();
    private static readonly List<BatchingMetrics> Queues = [];

    private readonly KeyValuePair<string, object?>[][] _byReason;
    private readonly KeyValuePair<string, object?>[] _version;
    private readonly Func<int> _queueLength;

    static BatchingMetrics() => RuntimeMeter.Meter.CreateObservableGauge("mlp.inference.queue.length", ReadQueues, "{call}", "Calls that wait for a batch.");

    /// <summary>Makes the tags of a version.</summary>
    /// <param name="model">Model name.</param>
    /// <param name="version">Version.</param>
    /// <param name="queueLength">Calls that wait.</param>
    public BatchingMetrics(string model, int version, Func<int> queueLength)
    {
        _version = [new("model", model), new("version", version)];
        _byReason = Array.ConvertAll(ReasonNames, r => (KeyValuePair<string, object?>[])[.. _version, new("reason", r)]);
        _queueLength = queueLength;
        lock (Gate)
        {
            Queues.Add(this);
        }
    }

    /// <summary>Whether anybody wants to know how long calls wait.</summary>
    public static bool IsQueueTimed => RuntimeMeter.QueueDuration.Enabled;

    /// <summary>Counts a batch.</summary>
    /// <param name="rowCount">Rows.</param>
    /// <param name="reason">Why there were no more.</param>
    public void RecordBatch(int rowCount, BatchCloseReason reason)
    {
        if (!Size.Enabled && !Batches.Enabled)
        {
            return;
        }

        try
        {
            Size.Record(rowCount, _version);
            Batches.Add(1, _byReason[(int)reason]);
        }
        catch (Exception)
        {
            // What a listener throws must not reach the calls of others.
        }
    }

    /// <summary>Takes down how long a call waited.</summary>
    /// <param name="nanoseconds">The time.</param>
    public void RecordWait(long nanoseconds)
    {
        try
        {
            RuntimeMeter.QueueDuration.Record(nanoseconds * 1e-9, _version);
        }
        catch (Exception)
        {
            // As above.
        }
    }

    /// <summary>Reports the queue no more.</summary>
    public void Detach()
    {
        lock (Gate)
        {
            Queues.Remove(this);
        }
    }

    private static Measurement<long>[] ReadQueues()
    {
        lock (Gate)
        {
            return [.. Queues.Select(q => new Measurement<long>(q._queueLength(), q._version))];
        }
    }
}
