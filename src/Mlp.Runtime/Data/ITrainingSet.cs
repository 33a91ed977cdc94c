using Apache.Arrow;

namespace Mlp.Runtime.Data;

/// <summary>
/// Rows to train on, as a stream of Arrow batches in the order of the question (the spine). The feature store makes one by a point-in-time join; <see cref="ArrowTrainingSet"/> wraps batches from anywhere.
/// Reading twice yields the same rows in the same order.
/// <para>
/// Whoever needs the order of time (trainers that hold out the latest rows, splits by time) takes it from <see cref="TrainingSetManifest.TimeColumn"/>: it sorts, or refuses rows that
/// are not in that order with a sentence. Without a time column the order of the rows stands for it.
/// </para>
/// </summary>
public interface ITrainingSet
{
    /// <summary>Where the rows come from and what they are.</summary>
    TrainingSetManifest Manifest { get; }

    /// <summary>Schema of the batches. Feature columns carry the names of <see cref="TrainingSetManifest.Features"/>; a feature that is not present is null.</summary>
    Schema Schema { get; }

    /// <summary>Reads the rows from the first. The caller disposes each batch.</summary>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>The batches.</returns>
    IAsyncEnumerable<RecordBatch> ReadAsync(CancellationToken cancellationToken = default);
}
