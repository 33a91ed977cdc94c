using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Training.Tests;

/// <summary>A training set with another manifest.</summary>
internal sealed class ChangedTrainingSet(ITrainingSet inner, Func<TrainingSetManifest, TrainingSetManifest> change) : ITrainingSet
{
    public TrainingSetManifest Manifest => change(inner.Manifest);

    public Schema Schema => inner.Schema;

    public IAsyncEnumerable<RecordBatch> ReadAsync(CancellationToken cancellationToken = default) => inner.ReadAsync(cancellationToken);
}
