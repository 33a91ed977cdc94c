using System.Runtime.CompilerServices;
using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Training.Evaluation;

/// <summary>A run of rows of a training set, with a manifest and content hash of its own.</summary>
internal sealed class TrainingSetSlice : ITrainingSet
{
    private readonly ITrainingSet _source;
    private readonly long _start;
    private readonly long _count;

    private TrainingSetSlice(ITrainingSet source, long start, long count)
    {
        (_source, _start, _count) = (source, start, count);
        Manifest = source.Manifest;
    }

    public TrainingSetManifest Manifest { get; private set; }

    public Schema Schema => _source.Schema;

    /// <summary>A slice for reading alone: its manifest has the number of its rows and no content hash.</summary>
    public static TrainingSetSlice Unhashed(ITrainingSet source, long start, long count)
        => new(source, start, count) { Manifest = source.Manifest with { RowCount = count, ContentHash = string.Empty } };

    /// <summary>Reads the rows once to hash them.</summary>
    public static async Task<TrainingSetSlice> CreateAsync(ITrainingSet source, long start, long count, CancellationToken cancellationToken)
    {
        var slice = new TrainingSetSlice(source, start, count);
        using var hash = new RecordBatchHash(source.Schema);
        await foreach (var batch in slice.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                hash.Append(batch);
            }
        }

        slice.Manifest = source.Manifest with { RowCount = count, ContentHash = hash.GetHashAndReset() };
        return slice;
    }

    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var end = _start + _count;
        long position = 0;
        await foreach (var batch in _source.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                var first = Math.Max(_start - position, 0);
                var last = Math.Min(end - position, batch.Length);
                position += batch.Length;
                if (first < last)
                {
                    yield return batch.SliceShared((int)first, (int)(last - first));
                }
            }

            if (position >= end)
            {
                yield break;
            }
        }
    }
}
