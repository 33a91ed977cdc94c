using System.Runtime.CompilerServices;
using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Training.Sampling;

/// <summary>Some rows of a training set, each once or more, in the order of the set, with a manifest and content hash of its own. Reads the set as a stream; keeps a number per row.</summary>
internal sealed class RowSelection : ITrainingSet
{
    private readonly ITrainingSet _source;
    private readonly int[] _counts;

    private RowSelection(ITrainingSet source, int[] counts)
    {
        (_source, _counts) = (source, counts);
        Manifest = source.Manifest;
    }

    public TrainingSetManifest Manifest { get; private set; }

    public Schema Schema => _source.Schema;

    /// <summary>Selects rows, and reads them once to hash them.</summary>
    /// <param name="source">All rows.</param>
    /// <param name="counts">How often each row is taken.</param>
    /// <param name="nothing">Says what there is none of, when no row is taken.</param>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="TrainingDataException">No row is taken.</exception>
    public static async Task<RowSelection> CreateAsync(ITrainingSet source, int[] counts, Func<string> nothing, CancellationToken cancellationToken)
    {
        var selection = new RowSelection(source, counts);
        var rowCount = counts.Sum(c => (long)c);
        if (rowCount == 0)
        {
            throw new TrainingDataException(nothing());
        }

        using var hash = new RecordBatchHash(source.Schema);
        await foreach (var batch in selection.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                hash.Append(batch);
            }
        }

        selection.Manifest = source.Manifest with { RowCount = rowCount, ContentHash = hash.GetHashAndReset() };
        return selection;
    }

    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var first = 0;
        var rows = new List<(int Batch, int Row)>();
        await foreach (var batch in _source.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                rows.Clear();
                for (var row = 0; row < batch.Length; row++)
                {
                    rows.AddRange(Enumerable.Repeat((0, row), _counts[first + row]));
                }

                first += batch.Length;
                if (rows.Count > 0)
                {
                    yield return RowGather.Gather(Schema, [batch], rows.ToArray());
                }
            }
        }
    }
}
