using System.Diagnostics.Metrics;

namespace Mlp.Runtime.Tests.Batching;

/// <summary>What the meter says of one model.</summary>
internal sealed class BatchReasons : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly string _model;
    private readonly Dictionary<string, long> _counts = [];
    private long _queueLength;

    public BatchReasons(string model)
    {
        _model = model;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name.StartsWith("mlp.inference.batch", StringComparison.Ordinal) || instrument.Name.StartsWith("mlp.inference.queue", StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(tags, t =>
        {
            switch (instrument.Name)
            {
                case "mlp.inference.batches":
                    _counts[(string)t[2].Value!] = _counts.GetValueOrDefault((string)t[2].Value!) + value;
                    break;
                case "mlp.inference.batch.size":
                    Sizes.Add(value);
                    break;
                default:
                    _queueLength = value;
                    break;
            }
        }));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, _) => Note(tags, _ => WaitCount += value >= 0 ? 1 : 0));
        _listener.Start();
    }

    public List<long> Sizes { get; } = [];

    public int WaitCount { get; private set; }

    public IEnumerable<(string, long)> Counts
    {
        get
        {
            lock (_counts)
            {
                return [.. _counts.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => (c.Key, c.Value))];
            }
        }
    }

    public long QueueLength()
    {
        _listener.RecordObservableInstruments();
        return _queueLength;
    }

    public void Dispose() => _listener.Dispose();

    private void Note(ReadOnlySpan<KeyValuePair<string, object?>> tags, Action<KeyValuePair<string, object?>[]> note)
    {
        if (tags.Length >= 2 && Equals(tags[0].Value, _model))
        {
            lock (_counts)
            {
                note(tags.ToArray());
            }
        }
    }
}
