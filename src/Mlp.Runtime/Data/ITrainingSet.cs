using Apache.Arrow;

namespace Mlp.Runtime.Data;

/// <summary>
/// Rows to train on, as a stream of Arrow batches in order of time. The feature store makes one by a point-in-time join; <see cref="ArrowTrainingSet"/> wraps batches from anywhere.
/// Reading twice yields the same rows in the same order.
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
