using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Joins;
using Mlp.Features.OnDemand;
using Mlp.Features.Online;
using Mlp.Features.Tests.Definitions;
using Mlp.Features.Tests.Online;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Materialization;

/// <summary>Vectors through both stores: pushed, recovered, read, materialized, joined, checked.</summary>
public abstract class VectorStoreTests(long hotTierSize)
{
    public sealed class WithHotTier() : VectorStoreTests(OnlineTestViews.SmallHotTier);

    public sealed class WithoutHotTier() : VectorStoreTests(0);

    private const long Start = OnlineTestViews.Start;

    private static readonly FeatureViewDefinition View = FeatureViewDefinition.FromRecord<Document>();

    private static readonly FeatureCatalog Catalog = new FeaturesBuilder()
        .Add<Document>()
        .AddOnDemand<Query, QueryFeatures>(QueryFeatures.From)
        .AddService("search", 1, s => s.From<Document>("rank", "embedding", "title").From<QueryFeatures>())
        .AddService("documents", 1, s => s.From<Document>("rank", "embedding", "title"))
        .Build();

    private static readonly float[] NaNs = [float.NaN, BitConverter.UInt32BitsToSingle(0x7FC0_0777), -0f];

    [Fact]
    public async Task Push_RecordsBatchesAndRecovery_ReadTheSameBits()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        await harness.Store.PushAsync(new List<Document> { Create(1, [1, 2, 3], new float[] { 4, 5 }), Create(2, NaNs, null), Create(3, null, new float[] { 6, 7 }) });
        using (var batch = Batch(4, new FixedSizeListType(FloatType.Default, 3)))
        {
            await harness.Store.PushAsync("document", batch);
        }

        await CheckAsync();
        await harness.KillAsync();
        await CheckAsync();
        await harness.Store.Online.Store.CheckpointAsync(default);
        await harness.ReopenAsync();
        await CheckAsync();

        // What the write-ahead log held is in the offline store, and from there back.
        await harness.Store.FlushAsync();
        await harness.Store.ClearOnlineAsync("document");
        Assert.Equal(FeatureStatus.Missing, (await ReadAsync(1)).StatusOf(0)[1]);
        await harness.Store.MaterializeAsync("document");
        await CheckAsync();

        async Task CheckAsync()
        {
            var rows = await ReadAsync(1, 2, 3, 4, 5);
            Assert.Equal([0.5f, 1, 2, 3, 4, 5], rows.Float32Of(0).ToArray());
            Assert.Equal([FeatureStatus.Present, FeatureStatus.Present, FeatureStatus.Present], rows.StatusOf(0).ToArray());
            Assert.Equal(NaNs.Select(BitConverter.SingleToUInt32Bits), rows.Float32Of(1)[1..4].ToArray().Select(BitConverter.SingleToUInt32Bits));
            Assert.Equal([FeatureStatus.Present, FeatureStatus.Present, FeatureStatus.Null], rows.StatusOf(1).ToArray());
            Assert.Equal([float.NaN, float.NaN], rows.Float32Of(1)[4..].ToArray());
            Assert.Equal([FeatureStatus.Present, FeatureStatus.Null, FeatureStatus.Present], rows.StatusOf(2).ToArray());
            Assert.Equal([0.5f, float.NaN, float.NaN, float.NaN, 6, 7], rows.Float32Of(2).ToArray());
            Assert.Equal([0.5f, 10, 11, 12, 8, 9], rows.Float32Of(3).ToArray());
            Assert.All(rows.StatusOf(4).ToArray(), s => Assert.Equal(FeatureStatus.Missing, s));
            Assert.All(rows.Float32Of(4).ToArray(), v => Assert.True(float.IsNaN(v)));
        }

        async Task<FeatureRows> ReadAsync(params long[] ids) => await harness.Store.ReadAsync("documents", ids.Select(id => (EntityValue)id).ToArray());
    }

    [Fact]
    public async Task Read_WithVectors_AllocatesNothing()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        await harness.Store.PushAsync(Create(1, [1, 2, 3], new float[] { 4, 5 }));
        var reader = harness.Store.FindService("documents")!;
        var rows = new FeatureRows(reader.Description.Layout, 1);
        EntityValue[] key = [1L];
        var (asOf, completed) = (harness.Now, true);

        Assert.Equal(0, Allocations.OfBestRun(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                var read = reader.ReadAsync(key, asOf, rows, 0, 1);
                completed &= read.IsCompletedSuccessfully;
                read.GetAwaiter().GetResult();
            }
        }));

        Assert.True(completed);
        Assert.Equal([0.5f, 1, 2, 3, 4, 5], rows.Float32.ToArray());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(0)]
    public async Task Push_RecordOfAnotherLength_IsASentenceAndNothingIsTaken(int length)
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();

        var e = await Assert.ThrowsAsync<IngestException>(async () => await harness.Store.PushAsync(new List<Document> { Create(1, [1, 2, 3], null), Create(2, new float[length], null) }));

        Assert.Equal($"Expected column 'embedding' of the pushed records to hold a vector of 3 floats for feature view 'document' version 1, but found one of {length} in row 2.", e.Message);
        Assert.Equal(("embedding", 2L), (e.Column, e.Row));
        Assert.Equal(FeatureStatus.Missing, (await harness.Store.ReadAsync("documents", new EntityValue[] { 1L })).StatusOf(0)[1]);
    }

    [Fact]
    public async Task Ingest_RecordOfAnotherLength_IsASentence()
    {
        using var temp = new TempDirectory();
        var store = FeatureStore.Open(temp.FullName, Catalog);

        var e = await Assert.ThrowsAsync<IngestException>(() => store.IngestAsync<Document>([Create(1, [1, 2, 3], new float[3])]));
        Assert.Equal("Expected column 'title' of the records to hold a vector of 2 floats for feature view 'document' version 1, but found one of 3 in row 1.", e.Message);
    }

    [Fact]
    public async Task Push_BatchOfAnotherLengthTypeOrElement_IsASentence()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();

        Assert.Equal(
            "Expected column 'embedding' of the pushed Arrow batch to hold a vector of 3 floats for feature view 'document' version 1, but found one of 2 in row 1.",
            (await FailAsync(Lists(new ListArray.Builder(FloatType.Default), 2))).Message);
        Assert.Equal(
            "Expected column 'embedding' of the pushed Arrow batch to be Float32[3] (a list or a fixed-size list of float or half) for feature view 'document' version 1, but found list.",
            (await FailAsync(Doubles())).Message);
        var withNull = new ListArray.Builder(FloatType.Default).Append();
        ((FloatArray.Builder)withNull.ValueBuilder).Append(1).AppendNull().Append(2);
        Assert.Equal(
            "Expected column 'embedding' of the pushed Arrow batch to hold a vector of 3 floats for feature view 'document' version 1, but found a null element (number 2) in row 1.",
            (await FailAsync(withNull.Build())).Message);

        async Task<IngestException> FailAsync(IArrowArray embedding)
        {
            using var batch = Batch(1, embedding);
            return await Assert.ThrowsAsync<IngestException>(async () => await harness.Store.PushAsync("document", batch));
        }

        static ListArray Doubles()
        {
            var lists = new ListArray.Builder(DoubleType.Default).Append();
            ((DoubleArray.Builder)lists.ValueBuilder).AppendRange([1d, 2, 3]);
            return lists.Build();
        }
    }

    [Fact]
    public async Task TrainingSet_Vectors_AreFixedSizeListsAndPassTheLeakageCheck()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        var documents = Enumerable.Range(0, 5000).Select(i => Create(i, i % 7 == 0 ? null : [i, i + 0.5f, i % 3 == 0 ? float.NaN : -i], i % 5 == 0 ? null : new float[] { i, 1 }));
        await harness.Store.IngestAsync(documents);
        var questions = Enumerable.Range(0, 5001).Select(i => new Question(i, Microseconds.ToDateTimeOffset(Start + 1), [i, 1])).ToList();

        using var set = await harness.Store.CreateTrainingSetAsync("search", questions, "at");

        Assert.Equal(3, Assert.IsType<FixedSizeListType>(set.Schema.GetFieldByName("embedding").DataType).ListSize);
        Assert.Equal(2, TrainingSetManifest.Parse(set.Manifest.ToJson()).FormatVersion);
        Assert.Equal(Catalog.FindService("search")!.Description.Layout.Columns, TrainingSetManifest.Parse(set.Manifest.ToJson()).Features);
        var next = 0;
        await foreach (var batch in set.ReadAsync())
        {
            var (embedding, title) = (VectorColumn.TryCreate(batch.Column("embedding"))!, VectorColumn.TryCreate(batch.Column("title"))!);
            var doubled = VectorColumn.TryCreate(batch.Column("doubled"))!;
            for (var row = 0; row < batch.Length; row++, next++)
            {
                Assert.Equal(next % 7 == 0 || next == 5000, embedding.IsNull(row));
                Assert.Equal(next % 5 == 0, title.IsNull(row));
                Assert.Equal([2f * next, 2], doubled.ValuesOf(row).ToArray());
                if (!embedding.IsNull(row))
                {
                    Assert.Equal([next, next + 0.5f, next % 3 == 0 ? float.NaN : -next], embedding.ValuesOf(row).ToArray());
                }
            }
        }

        Assert.Equal(5001, next);
        Assert.True((await harness.Store.CheckLeakageAsync(set, 500)).IsClean);
        using var again = await harness.Store.CreateTrainingSetAsync("search", questions, "at");
        Assert.Equal(set.Manifest.ContentHash, again.Manifest.ContentHash);
    }

    [Fact]
    public async Task TrainingSet_RequestVectorOfAnotherLength_IsASentence()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        var at = Microseconds.ToDateTimeOffset(Start + 1);

        var e = await Assert.ThrowsAsync<SpineException>(() => harness.Store.CreateTrainingSetAsync("search", [new Question(1, at, [1, 2]), new Question(2, at, [1])], "at"));
        Assert.Equal("Expected a vector of 2 floats in column 'words' of the rows, but found one of 1 in row 2.", e.Message);

        using var spine = new RecordBatch.Builder()
            .Append("id", true, new Int64Array.Builder().Append(1).Build())
            .Append("at", false, new Int64Array.Builder().Append(Start + 1).Build())
            .Append("words", true, Lists(new ListArray.Builder(FloatType.Default), 3))
            .Build();
        e = await Assert.ThrowsAsync<SpineException>(() => harness.Store.CreateTrainingSetAsync("search", spine, "at"));
        Assert.Equal("Expected column 'words' of the rows to hold a vector of 2 floats for feature service 'search' version 1, but found one of 3 in row 1.", e.Message);
    }

    [Fact]
    public void OnDemand_RequestAndResult_AreWrittenBitForBit()
    {
        var service = Catalog.FindService("search")!;
        var write = OnDemandWriters.Find<Query>(service)!;
        var rows = new FeatureRows(service.Description.Layout, 2);
        rows.Reset(2);
        write(new Query([1.5f, float.NaN]), rows, 0);
        write(new Query(null), rows, 1);

        Assert.Equal([3f, float.NaN], rows.Float32Of(0)[6..].ToArray());
        Assert.Equal(FeatureStatus.Present, rows.StatusOf(0)[3]);
        Assert.Equal(FeatureStatus.Null, rows.StatusOf(1)[3]);
        Assert.Equal(
            "Expected a vector of 2 floats in 'QueryFeatures.Doubled' for feature 'doubled', but found one of 3.",
            Assert.Throws<ArgumentException>(() => write(new Query([1, 2, 3]), rows, 0)).Message);
    }

    [Fact]
    public async Task GoldenRows_OfVectors_AreKeptAndCheckedAgain()
    {
        await using var harness = new FeatureStoreHarness(Catalog, hotTierSize);
        await harness.OpenAsync();
        using (await harness.Store.CreateTrainingSetAsync("search", [new Question(1, Microseconds.ToDateTimeOffset(Start), [1, float.NaN])], "at"))
        {
        }

        await harness.ReopenAsync();
        var changed = new FeaturesBuilder().Add<Document>().AddOnDemand<Query, QueryFeatures>(q => QueryFeatures.From(q) with { Doubled = [0, 0] })
            .AddService("search", 1, s => s.From<Document>("rank", "embedding", "title").From<QueryFeatures>()).Build();
        var e = Assert.Throws<FeatureDefinitionException>(() => FeatureStore.Open(harness.Root, changed, Mlp.Runtime.Hosting.MlPlatformMode.Reader));
        Assert.Contains("feature 'doubled' of golden row 0", e.Message, StringComparison.Ordinal);
    }

    private static Document Create(long id, float[]? embedding, ReadOnlyMemory<float>? title) => new(id, Microseconds.ToDateTimeOffset(Start), embedding, title, 0.5f);

    private static RecordBatch Batch(long id, FixedSizeListType type)
    {
        var values = new ArrowBuffer.Builder<float>().Append(7).Append(7).Append(7).Append(10).Append(11).Append(12).Build();
        var elements = new ArrayData(FloatType.Default, 6, 0, 0, [ArrowBuffer.Empty, values]);
        return Batch(id, ArrowArrayFactory.Slice(new FixedSizeListArray(new ArrayData(type, 2, 0, 0, [ArrowBuffer.Empty], [elements])), 1, 1));
    }

    private static RecordBatch Batch(long id, IArrowArray embedding) => new RecordBatch.Builder()
        .Append("id", true, new Int64Array.Builder().Append(id).Build())
        .Append("at", false, new Int64Array.Builder().Append(Start).Build())
        .Append("embedding", true, embedding)
        .Append("title", true, Lists(new ListArray.Builder(FloatType.Default), 2, 8))
        .Append("rank", true, new FloatArray.Builder().Append(0.5f).Build())
        .Build();

    private static ListArray Lists(ListArray.Builder lists, int length, float first = 0)
    {
        lists.Append();
        ((FloatArray.Builder)lists.ValueBuilder).AppendRange(Enumerable.Range(0, length).Select(i => first + i));
        return lists.Build();
    }

    private sealed record Question(long Id, DateTimeOffset At, [Feature(Length = 2)] float[] Words);

    private sealed record Query([Feature(Length = 2)] float[]? Words);

    private sealed record QueryFeatures([Feature(Length = 2)] float[]? Doubled)
    {
        public static QueryFeatures From(Query query) => new(query.Words?.Select(w => 2 * w).ToArray());
    }
}
