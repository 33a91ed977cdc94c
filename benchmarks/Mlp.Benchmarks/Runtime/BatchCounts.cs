using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace Mlp.Benchmarks.Runtime;

/// <summary>Listens to what batches there are.</summary>
internal sealed class BatchCounts : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, long> _reasons = new();
    private long _batches;
    private long _rows;

    public BatchCounts()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name is "mlp.inference.batches" or "mlp.inference.batch.size")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (instrument.Name == "mlp.inference.batch.size")
            {
                Interlocked.Add(ref _rows, value);
                Interlocked.Increment(ref _batches);
            }
            else
            {
                _reasons.AddOrUpdate((string)tags[^1].Value!, 1, (_, n) => n + 1);
            }
        });
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    public override string ToString()
        => string.Create(CultureInfo.InvariantCulture, $"{_batches} batches of {(double)_rows / Math.Max(1, _batches):F1} rows: {string.Join(", ", _reasons.OrderBy(r => r.Key).Select(r => $"{r.Key} {r.Value}"))}");
}
