using System.Runtime.CompilerServices;
using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Training.Sampling;

namespace Mlp.Training.Networks.Streams;

/// <summary>
/// Some of the first rows of a stream, drawn evenly and in order (selection sampling: Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S), and all of the rows behind them. Keeps
/// nothing per row.
/// </summary>
/// <param name="source">All rows.</param>
/// <param name="firstCount">The first rows, of which some are drawn.</param>
/// <param name="sampleCount">How many, at most <paramref name="firstCount"/>.</param>
/// <param name="seed">Decides which.</param>
internal sealed class StreamSample(ITrainingSet source, long firstCount, int sampleCount, int seed) : ITrainingSet
{
    public TrainingSetManifest Manifest { get; } = source.Manifest with { RowCount = sampleCount + source.Manifest.RowCount - firstCount };

    public Schema Schema => source.Schema;

    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var random = SeededRandom.For(seed, "sample of the stream");
        var (row, left) = (0L, sampleCount);
        var taken = new List<(int Batch, int Row)>();
        await foreach (var batch in source.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            using (batch)
            {
                taken.Clear();
                for (var i = 0; i < batch.Length; i++, row++)
                {
                    if (row >= firstCount)
                    {
                        taken.Add((0, i));
                    }
                    else if (random.NextDouble() * (firstCount - row) < left)
                    {
                        taken.Add((0, i));
                        left--;
                    }
                }

                if (taken.Count > 0)
                {
                    yield return RowGather.Gather(Schema, [batch], taken.ToArray());
                }
            }
        }
    }
}
