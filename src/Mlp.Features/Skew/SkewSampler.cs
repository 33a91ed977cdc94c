using Mlp.Features.Definitions;
using Mlp.Runtime.Predictions;

namespace Mlp.Features.Skew;

/// <summary>Keeps samples of the rows that models were served by services of this store. Thread-safe.</summary>
internal sealed class SkewSampler(FeatureCatalog catalog, SkewCheckOptions options) : IPredictionObserver
{
    // Versions that left service and were not checked yet: the oldest are given up, so that a fast sequence of versions does not fill the memory.
    private const int KeptRetired = 4;

    private readonly Lock _gate = new();
    private readonly List<SkewSink> _sinks = [];

    /// <inheritdoc/>
    public IPredictionSink? Attach(ServedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Service is not { } reference || catalog.FindService(reference.Name, reference.Version) is not { } service || service.Fingerprint != reference.Fingerprint
            || !model.Layout.Columns.SequenceEqual(service.Description.Layout.Columns))
        {
            return null;
        }

        var sink = new SkewSink(model, service, options);
        lock (_gate)
        {
            _sinks.Add(sink);
            foreach (var old in _sinks.Where(s => s.IsRetired).SkipLast(KeptRetired).ToList())
            {
                _sinks.Remove(old);
            }
        }

        return sink;
    }

    /// <summary>How many rows wait for a check, and how many found no room since the last.</summary>
    internal (long Waiting, long Dropped) Backlog()
    {
        lock (_gate)
        {
            return (_sinks.Sum(sink => (long)sink.WaitingRowCount), _sinks.Sum(sink => sink.DroppedRowCount));
        }
    }

    /// <summary>The sinks with rows to check; those of versions that left service come for the last time.</summary>
    internal IReadOnlyList<SkewSink> Sinks()
    {
        lock (_gate)
        {
            SkewSink[] sinks = [.. _sinks];
            _sinks.RemoveAll(sink => sink.IsRetired);
            return sinks;
        }
    }
}
