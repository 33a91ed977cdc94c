using System.Diagnostics.Metrics;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>
/// What is loaded, for whoever measures: versions, and bytes of their files. It holds sessions weakly and leaves out those that have been disposed of, so that it keeps none alive. Thread-safe.
/// </summary>
internal static class LoadedSessions
{
    private static readonly Lock Gate = new();
    private static readonly List<Entry> Entries = [];

    static LoadedSessions()
    {
        RuntimeMeter.Meter.CreateObservableUpDownCounter("mlp.model.versions", CountVersions, "{version}", "Versions in memory: in service, being drained, or kept.");
        RuntimeMeter.Meter.CreateObservableUpDownCounter("mlp.model.weights.size", MeasureWeights, "By", "Bytes of the files of the versions in memory, by where their weights lie.");
    }

    /// <summary>Measures a session until it is disposed of.</summary>
    /// <param name="session">The session.</param>
    /// <param name="manifest">Its version.</param>
    public static void Add(ExecutionSession session, ModelManifest manifest)
    {
        var byteCount = manifest.OnnxByteCount + manifest.ExternalData.Sum(f => f.ByteCount);
        var entry = new Entry(new WeakReference<ExecutionSession>(session), manifest.Name, manifest.Version, Math.Max(0, byteCount - session.MappedByteCount), session.MappedByteCount);
        lock (Gate)
        {
            Entries.RemoveAll(e => !e.IsLoaded);
            Entries.Add(entry);
        }
    }

    private static List<Entry> Loaded()
    {
        lock (Gate)
        {
            Entries.RemoveAll(e => !e.IsLoaded);
            return [.. Entries];
        }
    }

    private static IEnumerable<Measurement<int>> CountVersions()
        => Loaded().GroupBy(e => e.Model, StringComparer.Ordinal).Select(g => new Measurement<int>(g.Select(e => e.Version).Distinct().Count(), new KeyValuePair<string, object?>("model", g.Key)));

    private static IEnumerable<Measurement<long>> MeasureWeights()
        => Loaded().GroupBy(e => (e.Model, e.Version)).SelectMany(g => new[]
        {
            Measure(g.Sum(e => e.ResidentByteCount), g.Key.Model, g.Key.Version, "resident"),
            Measure(g.Sum(e => e.MappedByteCount), g.Key.Model, g.Key.Version, "mapped"),
        });

    private static Measurement<long> Measure(long bytes, string model, int version, string storage)
        => new(bytes, new("model", model), new("version", version), new("storage", storage));

    private sealed record Entry(WeakReference<ExecutionSession> Session, string Model, int Version, long ResidentByteCount, long MappedByteCount)
    {
        public bool IsLoaded => Session.TryGetTarget(out var session) && !session.IsDisposed;
    }
}
