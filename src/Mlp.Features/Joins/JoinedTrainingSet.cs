using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>
/// The training set that a point-in-time join made: the columns of the question, the features, and per view a status and an event time
/// (<see cref="TrainingSetColumns"/>). Rows come in the order of the question, each exactly once. Large sets lie in a temporary file that goes when this is disposed.
/// Any number of readers may read at once.
/// </summary>
public sealed class JoinedTrainingSet : ITrainingSet, IDisposable
{
    private readonly ArrowSpool _rows;

    internal JoinedTrainingSet(TrainingSetManifest manifest, ArrowSpool rows)
    {
        Manifest = manifest;
        _rows = rows;
    }

    /// <inheritdoc/>
    public TrainingSetManifest Manifest { get; }

    /// <inheritdoc/>
    public Schema Schema => _rows.Schema;

    internal bool IsInFile => _rows.IsInFile;

    /// <inheritdoc/>
    public IAsyncEnumerable<RecordBatch> ReadAsync(CancellationToken cancellationToken = default) => _rows.ReadAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _rows.Dispose();
}
