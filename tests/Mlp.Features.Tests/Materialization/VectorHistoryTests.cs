using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Joins;
using Mlp.Features.Offline;
using Mlp.Features.Skew;
using Mlp.Features.Tests.Definitions;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Storage;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Materialization;

/// <summary>Vectors in what is kept for long: frozen sets, histories, compacted files, deletions, services that take a view twice, samples of what was served.</summary>
public sealed class VectorHistoryTests : IAsyncLifetime, IAsyncDisposable
{
    private const long Start = OnlineTestViews.Start;

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder()
        .Add<Document>()
        .AddOnDemand<Query, QueryFeatures>(QueryFeatures.From)
        .AddService("search", 1, s => s.From<Document>("rank", "embedding", "title").From<QueryFeatures>())
        .AddService("documents", 1, s => s.From<Document>("rank", "embedding", "title"))
        .AddService("pairs", 1, s => s
            .From<Document>("embedding").As("left").WithKeys(("id", "left_id"))
            .From<Document>("embedding").As("right").WithKeys(("id", "right_id")))
        .Build();

    private static readonly float[] NaNs = [float.NaN, BitConverter.UInt32BitsToSingle(0x7FC0_0777), -0f];

    private readonly FeatureStoreHarness _harness = new(Catalog);

    private FeatureStore Store => _harness.Store;

    public Task InitializeAsync() => _harness.OpenAsync();

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    [Theory]
    [InlineData(3000)]
    [InlineData(0)]
    public async Task Freeze_SetWithVectors_OpensAndIsMadeAgainWithTheSameHash(int count)
    {
        await Store.IngestAsync(Documents(3000, round: 0));
        using var set = await Store.CreateTrainingSetAsync("search", Questions(count), "at");
        var folder = _harness.NewFolder("frozen");
        await TrainingSet.SaveAsync(set, folder, rowsPerFile: 700, DiskSync.Instance, default);
        await Store.IngestAsync(Documents(3000, round: 1));

        var frozen = await TrainingSet.OpenAsync(folder);

        Assert.Equal(set.Schema.FieldsList.Select(f => (f.Name, ColumnTypeName.Of(f))), frozen.Schema.FieldsList.Select(f => (f.Name, ColumnTypeName.Of(f))));
        Assert.Equal(3, Assert.IsType<FixedSizeListType>(frozen.Schema.GetFieldByName("embedding").DataType).ListSize);
        Assert.Equal(await BitsAsync(set.ReadAsync(), "embedding"), await BitsAsync(frozen.ReadAsync(), "embedding"));
        Assert.Equal(await BitsAsync(set.ReadAsync(), "words"), await BitsAsync(frozen.ReadAsync(), "words"));
        using var again = await Store.ReproduceAsync(frozen);
        Assert.Equal(set.Manifest.ContentHash, again.Manifest.ContentHash);
        Assert.Equal(set.Manifest.Spine!.ContentHash, again.Manifest.Spine!.ContentHash);
        Assert.Contains("\"formatVersion\": 2", await File.ReadAllTextAsync(Path.Combine(folder, FrozenTrainingSetDocument.FileName)), StringComparison.Ordinal);
        Assert.True((await Store.CheckLeakageAsync(frozen)).IsClean);
    }

    [Fact]
    public async Task CompactAsync_Vectors_KeepTheirBits()
    {
        var rows = new List<Document>();
        for (var round = 0; round < 4; round++)
        {
            var ingested = Documents(100, round).ToList();
            rows.AddRange(ingested);
            await Store.IngestAsync(ingested);
        }

        var before = await RangeAsync();
        using var set = await Store.CreateTrainingSetAsync("documents", Questions(100), "at");

        var result = await Store.CompactAsync("document", new CompactionOptions { IsFull = true });

        Assert.Equal((4, 1, 400L, 400L), (result.FilesBefore, result.FilesAfter, result.RowsBefore, result.RowsAfter));
        Assert.Equal(rows.OrderBy(d => d.At).ThenBy(d => d.Id).Select(d => Bits(d.Embedding)), before);
        Assert.Equal(before, await RangeAsync());
        using var again = await Store.CreateTrainingSetAsync("documents", Questions(100), "at");
        Assert.Equal(set.Manifest.ContentHash, again.Manifest.ContentHash);
    }

    [Fact]
    public async Task DeleteEntityAsync_Vectors_LeavesTheOthersBitForBit()
    {
        await Store.PushAsync(Documents(20, round: 0).ToList());
        await Store.FlushAsync();

        await Store.DeleteEntityAsync("document", new EntityValue[] { 3L });

        Assert.Equal(Documents(20, round: 0).Where(d => d.Id != 3).OrderBy(d => d.At).ThenBy(d => d.Id).Select(d => Bits(d.Embedding)), await RangeAsync());
        var rows = await Store.ReadAsync("documents", new EntityValue[] { 3L, 4L });
        Assert.Equal([FeatureStatus.Missing, FeatureStatus.Present], [rows.StatusOf(0)[1], rows.StatusOf(1)[1]]);
        Assert.Equal(Bits(Embedding(4, 0)), Bits(rows.Float32Of(1)[1..4]));
    }

    [Fact]
    public async Task ReadHistoryAsync_Vectors_AreTheLastOnesAsFixedSizeLists()
    {
        for (var round = 0; round < 3; round++)
        {
            await Store.IngestAsync(Documents(10, round));
        }

        var batches = Store.ReadHistoryAsync("document", [new { Id = 4L }, new { Id = 2L }], new FeatureHistoryOptions { Count = 2, AsOf = Microseconds.ToDateTimeOffset(Start + 10) });

        var last = new List<string?>();
        await foreach (var batch in batches)
        {
            Assert.Equal(3, Assert.IsType<FixedSizeListType>(batch.Schema.GetFieldByName("embedding").DataType).ListSize);
            last.AddRange(Bits(batch.Column("embedding")));
        }

        Assert.Equal([Bits(Embedding(4, 2)), Bits(Embedding(4, 1)), Bits(Embedding(2, 2)), Bits(Embedding(2, 1))], last);
    }

    [Fact]
    public async Task Service_ViewOfVectorsTwice_IsServedAsJoined()
    {
        await Store.PushAsync(Documents(10, round: 0).ToList());
        await Store.FlushAsync();

        var rows = await Store.ReadAsync("pairs", new EntityValue[] { 4L, 1L });
        using var set = await Store.CreateTrainingSetAsync("pairs", [new { LeftId = 4L, RightId = 1L, At = Microseconds.ToDateTimeOffset(Start + 10) }], "at");

        Assert.Equal(Bits(Embedding(4, 0)), Bits(rows.Float32Of(0)[..3]));
        Assert.Equal(Bits(Embedding(1, 0)), Bits(rows.Float32Of(0)[3..]));
        Assert.Equal([Bits(Embedding(4, 0))], await BitsAsync(set.ReadAsync(), "left_embedding"));
        Assert.Equal([Bits(Embedding(1, 0))], await BitsAsync(set.ReadAsync(), "right_embedding"));
    }

    [Fact]
    public async Task CheckSkewAsync_OneElementOfAVector_IsFound()
    {
        var sampler = new SkewSampler(Catalog, new SkewCheckOptions { SampleRate = 1, MaximumRows = 10 });
        Store.Skew = sampler;
        var sink = sampler.Attach(Model())!;
        await Store.PushAsync(new List<Document> { Create(1, Start, NaNs), Create(2, Start, [1, 2, 3]), Create(3, Start, null) });

        await ServeAsync(changed: null);
        Assert.Empty((await Store.CheckSkewAsync()).Counts);
        await ServeAsync(changed: 2);
        var report = await Store.CheckSkewAsync();

        var difference = Assert.Single(report.Differences);
        Assert.Equal((3, 9, 1), (report.RowCount, report.ValueCount, report.Counts[SkewVerdict.DifferentValue]));
        Assert.Equal(("embedding", SkewVerdict.DifferentValue), (difference.Feature, difference.Verdict));
        Assert.Equal([2L], difference.Key);
        Assert.Equal([1, 2.0000002f, 3], Assert.IsType<float[]>(difference.Served.Value));
        Assert.Equal([1, 2, 3], Assert.IsType<float[]>(difference.Recomputed.Value));

        async Task ServeAsync(long? changed)
        {
            var rows = await Store.ReadAsync("documents", new EntityValue[] { 1L, 2L, 3L });
            for (var row = 0; row < 3; row++)
            {
                if (row + 1 == changed)
                {
                    rows.Float32Of(row)[2] = 2.0000002f;
                }

                EntityValue[] key = [row + 1L];
                sink.Record(new PredictionRecord
                {
                    Id = new PredictionId(7, (ulong)row + 1),
                    EventTime = _harness.Now,
                    RequestTime = _harness.Now,
                    LatencyNanoseconds = 1,
                    Outcome = PredictionOutcome.Ok,
                    Keys = key,
                    Features = rows.RowOf(row),
                });
            }
        }
    }

    private static float[]? Embedding(long id, int round) => (id % 5) switch
    {
        0 => null,
        1 => NaNs,
        _ => [id + (round * 0.25f), -id, id % 3 == 0 ? -0f : 0f],
    };

    private static IEnumerable<Document> Documents(int count, int round) => Enumerable.Range(0, count).Select(i => Create(i, Start + round - 5, Embedding(i, round)));

    private static Document Create(long id, long time, float[]? embedding) => new(id, Microseconds.ToDateTimeOffset(time), embedding, id % 2 == 0 ? null : new float[] { id, 1 }, 0.5f);

    private static List<Question> Questions(int count) => [.. Enumerable.Range(0, count).Select(i => new Question(i, Microseconds.ToDateTimeOffset(Start + 1), i % 4 == 0 ? NaNs[1..] : [i, 1]))];

    private static string? Bits(float[]? vector) => vector is null ? null : Bits(vector.AsSpan());

    private static string Bits(ReadOnlySpan<float> vector) => FeatureBits.Of(vector).Text!;

    private static IEnumerable<string?> Bits(IArrowArray array)
    {
        var vectors = VectorColumn.TryCreate(array)!;
        return Enumerable.Range(0, vectors.Length).Select(row => vectors.IsNull(row) ? null : Bits(vectors.ValuesOf(row)));
    }

    private static async Task<List<string?>> BitsAsync(IAsyncEnumerable<RecordBatch> batches, string column)
    {
        var bits = new List<string?>();
        await foreach (var batch in batches)
        {
            bits.AddRange(Bits(batch.Column(column)));
        }

        return bits;
    }

    private static ServedModel Model()
    {
        var description = Catalog.FindService("documents")!.Description;
        var manifest = TestManifest.Of("m", version: 3);
        return new ServedModel(manifest, "champion", description.Keys, description.Layout) { Service = description.Reference };
    }

    private Task<List<string?>> RangeAsync()
        => BitsAsync(Store.ReadRangeAsync("document", Microseconds.ToDateTimeOffset(Start - 100), Microseconds.ToDateTimeOffset(Start + 100)), "embedding");

    private sealed record Question(long Id, DateTimeOffset At, [Feature(Length = 2)] float[] Words);

    private sealed record Query([Feature(Length = 2)] float[]? Words);

    private sealed record QueryFeatures([Feature(Length = 2)] float[]? Doubled)
    {
        public static QueryFeatures From(Query query) => new(query.Words?.Select(w => 2 * w).ToArray());
    }
}
