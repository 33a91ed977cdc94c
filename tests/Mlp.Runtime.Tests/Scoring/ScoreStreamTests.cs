using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Scoring;
using Mlp.Runtime.Tests.Inference;
using Mlp.TestSupport;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Scoring;

/// <summary>Streams of tables: order, bounds, ends of all kinds, and who disposes of what.</summary>
public sealed class ScoreStreamTests
{
    [Theory]
    [InlineData(1, 40)]
    [InlineData(4, 40)]
    [InlineData(16, 3)]
    [InlineData(4, 0)]
    public async Task ScoreAsync_Stream_KeepsTheOrderAndDisposesOfTheBatches(int parallelism, int batchCount)
    {
        await using var platform = await ServeAsync(Linear());
        var source = new CountedSource(batchCount, i => 1 + (i * 37 % 700));

        var next = 0;
        await foreach (var scored in platform.Model.ScoreAsync(source.ReadAsync(), new ScoringOptions { MaxDegreeOfParallelism = parallelism }))
        {
            using (scored)
            {
                Assert.Equal(1 + (next * 37 % 700), scored.Length);
                Assert.Equal([next * 2.0], ((DoubleArray)scored.Column("score")).Values.ToArray().Distinct());
                Assert.Equal(next, ((FloatArray)scored.Column("x")).GetValue(scored.Length - 1));
                next++;
            }
        }

        Assert.Equal(batchCount, next);
        Assert.Equal(batchCount, source.Read);
        Assert.True(source.IsEnded);
        Assert.Equal(0, source.Alive);
    }

    [Fact]
    public async Task ScoreAsync_ResultKeptByTheCaller_KeepsItsColumns()
    {
        await using var platform = await ServeAsync(Linear());
        var source = new CountedSource(3, _ => 5);
        var kept = new List<RecordBatch>();

        await foreach (var scored in platform.Model.ScoreAsync(source.ReadAsync()))
        {
            kept.Add(scored);
        }

        Assert.Equal(3, source.Alive);
        Assert.Equal(2, ((FloatArray)kept[2].Column("x")).GetValue(4));
        kept.ForEach(k => k.Dispose());
        Assert.Equal(0, source.Alive);
    }

    [Fact]
    public async Task ScoreAsync_SlowReader_HoldsNoMoreThanTheBound()
    {
        await using var platform = await ServeAsync(Linear());
        var source = new CountedSource(50, _ => 100);
        var read = 0;

        await foreach (var scored in platform.Model.ScoreAsync(source.ReadAsync(), new ScoringOptions { MaxDegreeOfParallelism = 3 }))
        {
            read++;
            scored.Dispose();
            Assert.InRange(source.Read, read, read + 4);
        }

        // Each is held by its result, and one more is being handed over.
        Assert.InRange(source.MostAlive, 1, 4);
    }

    [Fact]
    public async Task ScoreAsync_ReaderStopsEarly_DisposesOfEverything()
    {
        await using var platform = await ServeAsync(Linear());
        var source = new CountedSource(100, _ => 300);

        await foreach (var scored in platform.Model.ScoreAsync(source.ReadAsync(), new ScoringOptions { MaxDegreeOfParallelism = 4 }))
        {
            scored.Dispose();
            break;
        }

        Assert.True(source.IsEnded);
        Assert.Equal(0, source.Alive);
    }

    [Fact]
    public async Task ScoreAsync_SourceFails_IsThrownAtOnceAndEverythingDisposedOf()
    {
        await using var platform = await ServeAsync(Linear());
        var source = new CountedSource(100, i => i == 5 ? throw new IOException("torn") : 300);

        var error = await Assert.ThrowsAsync<IOException>(() => DrainAsync(platform.Model.ScoreAsync(source.ReadAsync())));

        Assert.Equal("torn", error.Message);
        Assert.True(source.IsEnded);
        Assert.Equal(0, source.Alive);
    }

    [Fact]
    public async Task ScoreAsync_BatchFails_NamesTheRowOfTheStreamAndDisposesOfEverything()
    {
        var package = Linear() with { Features = [new("x", FeatureType.Float32, "view")] };
        await using var platform = await ServeAsync(package, configure: m => m.OnNull(NullPolicy.Error));
        var source = new CountedSource(100, _ => 300, nullBatch: 7);

        var error = await Assert.ThrowsAsync<NullFeatureException>(() => DrainAsync(platform.Model.ScoreAsync(source.ReadAsync(), new ScoringOptions { MaxDegreeOfParallelism = 3 })));

        Assert.Equal((7 * 300) + 299, error.Row);
        Assert.InRange(source.Read, 8, 11);
        Assert.True(source.IsEnded);
        Assert.Equal(0, source.Alive);
    }

    [Fact]
    public async Task ScoreAsync_SchemaChanges_IsFollowed()
    {
        await using var platform = await ServeAsync(Linear());
        var batches = new[] { Batch("x", 1), Batch("y", 2) };

        var error = await Assert.ThrowsAsync<ArgumentException>(() => DrainAsync(platform.Model.ScoreAsync(StreamOf(batches))));

        Assert.StartsWith("Expected a column 'x'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ScoreAsync_CancelledWhileTheSourceWaits_EndsAtOnce()
    {
        await using var platform = await ServeAsync(Linear());
        using var cancellation = new CancellationTokenSource();
        var source = new CountedSource(100, _ => 300) { WaitAt = 2 };

        var draining = DrainAsync(platform.Model.ScoreAsync(source.ReadAsync(), cancellationToken: cancellation.Token));
        await source.Waiting.Task;
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => draining);
        Assert.True(source.IsEnded);
        Assert.Equal(0, source.Alive);
    }

    [Fact]
    public async Task ScoreAsync_AliasMovesMeanwhile_StaysWithTheVersionItBeganWith()
    {
        await using var platform = await ServeAsync(Linear(), configure: m => m.AliasPollInterval = TimeSpan.FromMilliseconds(10));
        var source = new CountedSource(20, _ => 300);
        var versions = new HashSet<string>();
        var scores = new HashSet<double>();

        await foreach (var scored in platform.Model.ScoreAsync(source.ReadAsync(), new ScoringOptions { MaxDegreeOfParallelism = 2 }))
        {
            using (scored)
            {
                if (versions.Add(scored.Schema.Metadata[BatchColumns.ModelVersionKey]))
                {
                    await platform.PublishAsync(Linear(weight: 5));
                    while (platform.Model.Manifest!.Version == 1)
                    {
                        await Task.Delay(5);
                    }
                }

                scores.Add(((DoubleArray)scored.Column("score")).GetValue(0)!.Value / Math.Max(1, ((FloatArray)scored.Column("x")).GetValue(0)!.Value));
            }
        }

        Assert.Equal(["1"], versions);
        Assert.Equal([0.0, 2.0], scores.Order());
    }

    [Fact]
    public async Task ScoreAsync_Batch_StaysTheCallers()
    {
        await using var platform = await ServeAsync(Linear());
        var source = new CountedSource(1, _ => 3);
        var batch = await FirstAsync(source.ReadAsync());

        var scored = await platform.Model.ScoreAsync(batch);

        Assert.Equal(1, source.Alive);
        batch.Dispose();
        Assert.Equal(1, source.Alive);
        scored.Dispose();
        Assert.Equal(0, source.Alive);
    }

    private static ModelPackage Linear(float weight = 2)
        => Package(OnnxBytes.Linear(1, 1, weight, output: "y"), Regression(), features: [new("x", FeatureType.Float32, "view")]);

    private static RecordBatch Batch(string name, float value)
        => new(new Schema([new Field(name, FloatType.Default, true)], null), [new FloatArray.Builder().Append(value).Build()], 1);

    private static async IAsyncEnumerable<RecordBatch> StreamOf(params RecordBatch[] batches)
    {
        foreach (var batch in batches)
        {
            await Task.Yield();
            yield return batch;
        }
    }

    private static async Task<RecordBatch> FirstAsync(IAsyncEnumerable<RecordBatch> batches)
    {
        await foreach (var batch in batches)
        {
            return batch;
        }

        throw new InvalidOperationException("There is no batch.");
    }

    private static async Task DrainAsync(IAsyncEnumerable<RecordBatch> batches)
    {
        await foreach (var batch in batches)
        {
            batch.Dispose();
        }
    }

    /// <summary>Batches whose memory says when nobody holds it any more.</summary>
    private sealed class CountedSource(int count, Func<int, int> rowsOf, int nullBatch = -1)
    {
        private int _alive;

        public int Read { get; private set; }

        public bool IsEnded { get; private set; }

        public int? WaitAt { get; init; }

        public TaskCompletionSource Waiting { get; } = new();

        public int Alive => Volatile.Read(ref _alive);

        public int MostAlive { get; private set; }

        public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            try
            {
                for (var i = 0; i < count; i++)
                {
                    await Task.Yield();
                    if (i == WaitAt)
                    {
                        Waiting.SetResult();
                        await Task.Delay(Timeout.Infinite, cancellationToken);
                    }

                    var batch = Create(i, rowsOf(i));
                    Read++;
                    MostAlive = Math.Max(MostAlive, Interlocked.Increment(ref _alive));
                    yield return batch;
                }
            }
            finally
            {
                IsEnded = true;
            }
        }

        private RecordBatch Create(int index, int rows)
        {
            var memory = CountedMemory.Create(rows, () => Interlocked.Decrement(ref _alive));
            memory.Fill(index);
            ArrowBuffer validity = ArrowBuffer.Empty;
            if (index == nullBatch)
            {
                var bits = new ArrowBuffer.BitmapBuilder();
                bits.AppendRange(Enumerable.Range(0, rows).Select(r => r != rows - 1));
                validity = bits.Build();
            }

            var array = new FloatArray(new ArrayData(FloatType.Default, rows, index == nullBatch ? 1 : 0, 0, [validity, memory.Buffer]));
            return new RecordBatch(new Schema([new Field("x", FloatType.Default, true)], null), [array], rows);
        }
    }
}
