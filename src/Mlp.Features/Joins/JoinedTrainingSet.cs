using System.Runtime.CompilerServices;
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
    private volatile bool _disposed;

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
    /// <exception cref="ObjectDisposedException">The set has been disposed, before or while it is read.</exception>
    public IAsyncEnumerable<RecordBatch> ReadAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return ReadRowsAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _disposed = true;
        _rows.Dispose();
    }

    private async IAsyncEnumerable<RecordBatch> ReadRowsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        await foreach (var batch in _rows.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
            ThrowIfDisposed();
        }
    }

    private void ThrowIfDisposed()
    {
        if (_disposed)
        {
            throw new ObjectDisposedException(
                nameof(JoinedTrainingSet), $"Expected the training set of {Manifest.FeatureService?.Name ?? "a feature service"} to be read before it is disposed, but it has been disposed. Keep it until the trainer is done, or save it first.");
        }
    }
}
