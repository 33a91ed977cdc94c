using Apache.Arrow;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;
using Mlp.Features.Online;
using Mlp.Runtime.Data;

namespace Mlp.Features.Materialization;

/// <summary>Makes frames of Arrow batches.</summary>
internal static class BatchPush
{
    private const string Source = "the pushed Arrow batch";

    /// <summary>Makes frames of a batch with the columns of the view's source, each up to a length.</summary>
    /// <param name="definition">The view.</param>
    /// <param name="view">The same view as the online store knows it.</param>
    /// <param name="batch">The rows.</param>
    /// <param name="targets">Where the rows go.</param>
    /// <param name="now">Created time of views that leave it open, microseconds.</param>
    /// <param name="frameLength">About how long a frame gets.</param>
    /// <exception cref="IngestException">A column is missing or has another type, or a time is null.</exception>
    internal static List<byte[]> Encode(FeatureViewDefinition definition, OnlineView view, RecordBatch batch, PushTargets targets, long now, int frameLength)
    {
        var stored = new StoredBatchConverter(definition, Source).Convert(batch);
        var isOpen = definition.CreatedTimeColumn is null && !definition.CreatedTimeEqualsEventTime;
        var frames = Encode(definition, view, new StoredRows(definition, stored, hasSequences: false), targets, isOpen ? now : null, frameLength);
        GC.KeepAlive(batch);
        return frames;
    }

    /// <summary>Makes frames of stored rows, each up to a length.</summary>
    /// <param name="definition">The view.</param>
    /// <param name="view">The same view as the online store knows it.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="targets">Where the rows go.</param>
    /// <param name="createdTime">Takes the place of the rows' created time; null to keep it.</param>
    /// <param name="frameLength">About how long a frame gets.</param>
    /// <param name="passedOver">Says how long a row may be and hears of those that are longer and left out; null to leave out none.</param>
    internal static List<byte[]> Encode(
        FeatureViewDefinition definition, OnlineView view, StoredRows rows, PushTargets targets, long? createdTime, int frameLength, PassedOverRows? passedOver = null)
    {
        var builder = new PushFrameBuilder(view, targets, frameLength);
        var key = new EntityValue[definition.Keys.Count];
        for (var row = 0; row < rows.Count; row++)
        {
            var version = rows.GetVersion(row);
            rows.GetKey(row, key);
            var writer = builder.Begin(key, createdTime is { } created ? version with { CreatedTime = created } : version);
            rows.WriteFields(row, ref writer);
            if (!builder.End(passedOver?.MaximumLength ?? int.MaxValue))
            {
                passedOver!.Add(version);
            }
        }

        return builder.Complete();
    }
}
