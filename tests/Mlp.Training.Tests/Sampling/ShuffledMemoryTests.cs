using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.TestSupport;
using Mlp.Training.Sampling;
using Mlp.Training.Tests.Networks.Streams;

namespace Mlp.Training.Tests.Sampling;

/// <summary>What shuffled rows keep. No other test runs meanwhile, because the heap is the whole process'.</summary>
[Collection(nameof(StreamedMemoryTests))]
public sealed class ShuffledMemoryTests
{
    private const int RowCount = 200_000;
    private const long Limit = 8 << 20;

    [Fact]
    public async Task ReadEpochAsync_SetLargerThanThePool_KeepsMemoryBounded()
    {
        using var folder = new TempDirectory();
        await TrainingSet.SaveAsync(new WideRows(RowCount, width: 32), folder.Combine("rows"));
        var frozen = await TrainingSet.OpenAsync(folder.Combine("rows"));
        var rows = new ShuffledRows(frozen, bufferRows: 8_192, seed: 1);
        await CountAsync(rows, 1);
        var peak = long.MaxValue;

        // What earlier tests have left may still end in the background; rows that stay would stay each time.
        for (var run = 0; run < 3 && peak > Limit; run++)
        {
            peak = Math.Min(peak, await PeakAsync(rows));
        }

        // The rows take 26 MB; the pool takes 1 MB, and a few copies of it are alive while it is mixed.
        Assert.InRange(peak, 0, Limit);
    }

    private static async Task<long> PeakAsync(ShuffledRows rows)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        long peak = 0;

        Assert.Equal(RowCount, await CountAsync(rows, 2, () => peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - before)));
        return peak;
    }

    private static async Task<long> CountAsync(ShuffledRows rows, int epoch, Action? measure = null)
    {
        long count = 0;
        var batches = 0;
        await foreach (var batch in rows.ReadEpochAsync(epoch, 512))
        {
            using (batch)
            {
                count += batch.Length;
                if (++batches % 97 == 0)
                {
                    measure?.Invoke();
                }
            }
        }

        return count;
    }

    /// <summary>Rows that are made as they are read.</summary>
    private sealed class WideRows : ITrainingSet
    {
        private const int BatchRows = 4_096;

        private readonly int _rowCount;
        private readonly int _width;

        public WideRows(int rowCount, int width)
        {
            (_rowCount, _width) = (rowCount, width);
            Schema = new(Enumerable.Range(0, width).Select(i => new Field($"x{i}", FloatType.Default, nullable: true)), metadata: null);
            using var hash = new RecordBatchHash(Schema);
            foreach (var batch in Batches())
            {
                hash.Append(batch);
            }

            Manifest = new TrainingSetManifest
            {
                Features = [.. Enumerable.Range(0, width).Select(i => new FeatureColumn($"x{i}", FeatureType.Float32, "rows"))],
                RowCount = rowCount,
                ContentHash = hash.GetHashAndReset(),
            };
        }

        public TrainingSetManifest Manifest { get; }

        public Schema Schema { get; }

        public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            foreach (var batch in Batches())
            {
                yield return batch;
            }

            await Task.CompletedTask;
        }

        private IEnumerable<RecordBatch> Batches()
        {
            for (var start = 0; start < _rowCount; start += BatchRows)
            {
                var length = Math.Min(BatchRows, _rowCount - start);
                var values = new float[length];
                yield return new RecordBatch(Schema, Enumerable.Range(0, _width).Select(c => Column(values, start, c)), length);
            }
        }

        private static FloatArray Column(float[] values, int start, int column)
        {
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = ((start + i) * 31f) + column;
            }

            return new FloatArray.Builder().AppendRange(values).Build();
        }
    }
}
