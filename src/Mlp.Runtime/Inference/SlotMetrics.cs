using System.Diagnostics.Metrics;

namespace Mlp.Runtime.Inference;

/// <summary>
/// The slots of the versions in service, for whoever measures. They are counted when somebody looks, so that calls pay nothing; versions are held weakly and left out once they take no more calls, so that none is kept
/// alive. Thread-safe.
/// </summary>
internal static class SlotMetrics
{
    private static readonly Lock Gate = new();
    private static readonly List<WeakReference<ServingVersion>> Versions = [];

    static SlotMetrics()
    {
        RuntimeMeter.Meter.CreateObservableUpDownCounter("mlp.inference.slots.used", () => Measure(s => s.Used), "{slot}", "Slots that calls hold.");
        RuntimeMeter.Meter.CreateObservableUpDownCounter("mlp.inference.slots.limit", () => Measure(s => s.Limit), "{slot}", "Slots that calls may hold at once.");
        RuntimeMeter.Meter.CreateObservableUpDownCounter("mlp.inference.slots.waiting", () => Measure(s => s.Waiting), "{call}", "Calls that wait for a slot.");
    }

    /// <summary>Measures a version until it takes no more calls.</summary>
    /// <param name="version">The version.</param>
    public static void Add(ServingVersion version)
    {
        lock (Gate)
        {
            Versions.RemoveAll(IsGone);
            Versions.Add(new WeakReference<ServingVersion>(version));
        }
    }

    private static IEnumerable<Measurement<int>> Measure(Func<SlotReading, int> value)
    {
        lock (Gate)
        {
            Versions.RemoveAll(IsGone);
            var readings = Versions.SelectMany(v => v.TryGetTarget(out var version) ? version.ReadSlots() : []);
            return
            [
                .. readings.GroupBy(r => (r.Model, r.Version, r.Variant, r.Kind)).Select(g => new Measurement<int>(
                    g.Sum(value), new("model", g.Key.Model), new("version", g.Key.Version), new("variant", g.Key.Variant), new("kind", g.Key.Kind))),
            ];
        }
    }

    private static bool IsGone(WeakReference<ServingVersion> reference) => !reference.TryGetTarget(out var version) || version.Singles.IsClosed;
}
