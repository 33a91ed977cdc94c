using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Runtime.Data;

namespace Mlp.Spark.Tests.Joins;

/// <summary>Views of one and of two keys, of all types of features, with many ties and late rows.</summary>
internal static class RandomHistory
{
    private const long Start = 1_767_225_600_000_000;
    private const int Entities = 200;
    private const int VectorLength = 3;

    public static FeatureCatalog Catalog { get; } = Builder().Build();

    public static FeaturesBuilder Builder() => new FeaturesBuilder()
        .Add(new FeatureViewBuilder("pair").Key("name", EntityValueKind.String).Key("area", EntityValueKind.Int64).EventTime("at").CreatedTime("known").TimeToLive(TimeSpan.FromMicroseconds(200))
            .Feature("f", FeatureType.Float32).Feature("n", FeatureType.Int64).Feature("b", FeatureType.Boolean).Feature("s", FeatureType.String).Vector("e", VectorLength).Build())
        .Add(new FeatureViewBuilder("single").Key("area", EntityValueKind.Int64).EventTime("at").CreatedTime("known").Feature("g", FeatureType.Float64).Build())
        .AddService("all", 1, s => s.From("pair", 1).From("single", 1))
        .AddService("twice", 1, s => s.From("single", 1).As("left").WithKeys(("area", "left_area")).From("pair", 1).From("single", 1).As("right").WithKeys(("area", "right_area")));

    /// <summary>Takes in rows of both views in two batches, so that ties are settled by the sequence.</summary>
    public static async Task IngestAsync(FeatureStore store, int rows, int seed)
    {
        // Chance here makes data, nothing secret.
#pragma warning disable CA5394
        var random = new Random(seed);
#pragma warning restore CA5394
        for (var batch = 0; batch < 2; batch++)
        {
            await store.IngestAsync("pair", Pairs(random, rows / 2));
            await store.IngestAsync("single", Singles(random, rows / 4));
        }
    }

    /// <summary>Takes in rows of the view of one key.</summary>
    public static async Task IngestSinglesAsync(FeatureStore store, int rows, int seed)
    {
#pragma warning disable CA5394
        await store.IngestAsync("single", Singles(new Random(seed), rows));
#pragma warning restore CA5394
    }

    /// <summary>The question: row ids, keys of which some are null or unknown, and times.</summary>
    public static RecordBatch Questions(int rows, int seed, params string[] areas)
    {
#pragma warning disable CA5394
        var random = new Random(seed);
        var ids = new Int64Array.Builder().AppendRange(Enumerable.Range(0, rows).Select(i => (long)i)).Build();
        var names = Names(random, rows);
        var keys = areas.Select(_ => Areas(random, rows)).ToList();
        var times = new Int64Array.Builder().AppendRange(Enumerable.Range(0, rows).Select(_ => Start + random.NextInt64(-20, Span(rows) + 400))).Build();
        var labels = new FloatArray.Builder().AppendRange(Enumerable.Range(0, rows).Select(_ => random.NextSingle())).Build();
#pragma warning restore CA5394
        return Batch(rows, [("id", ids), ("name", names), .. areas.Select((area, i) => (area, (IArrowArray)keys[i])), ("t", AsTimes(times)), ("label", labels)]);
    }

#pragma warning disable CA5394
    private static RecordBatch Pairs(Random random, int rows)
    {
        var vectors = new List<float>();
        var nulls = new ArrowBuffer.BitmapBuilder();
        for (var i = 0; i < rows; i++)
        {
            vectors.AddRange(Enumerable.Range(0, VectorLength).Select(_ => random.Next(20) == 0 ? float.NaN : random.NextSingle()));
            nulls.Append(random.Next(10) > 0);
        }

        var list = new FixedSizeListType(new Field("item", FloatType.Default, true), VectorLength);
        var values = new FloatArray.Builder().AppendRange(vectors).Build();
        var (at, known) = Times(random, rows);
        return Batch(
            rows,
            [
                ("name", Names(random, rows)),
                ("area", Areas(random, rows)),
                ("at", at),
                ("known", known),
                ("f", Nullable(new FloatArray.Builder(), rows, random, b => b.Append(random.Next(20) == 0 ? float.NaN : random.Next(20) == 0 ? -0f : random.NextSingle()), b => b.AppendNull()).Build()),
                ("n", Nullable(new Int64Array.Builder(), rows, random, b => b.Append(random.NextInt64()), b => b.AppendNull()).Build()),
                ("b", Nullable(new BooleanArray.Builder(), rows, random, b => b.Append(random.Next(2) == 0), b => b.AppendNull()).Build()),
                ("s", Nullable(new StringArray.Builder(), rows, random, b => b.Append(random.Next(4) == 0 ? string.Empty : $"µ'\"{random.Next(1000)}"), b => b.AppendNull()).Build()),
                ("e", new FixedSizeListArray(new ArrayData(list, rows, nulls.UnsetBitCount, 0, [nulls.Build()], [values.Data]))),
            ]);
    }

    private static RecordBatch Singles(Random random, int rows)
    {
        var (at, known) = Times(random, rows);
        return Batch(
            rows,
            [("area", Areas(random, rows)), ("at", at), ("known", known), ("g", Nullable(new DoubleArray.Builder(), rows, random, b => b.Append(random.NextDouble()), b => b.AppendNull()).Build())]);
    }

    private static StringArray Names(Random random, int rows)
        => Nullable(new StringArray.Builder(), rows, random, b => b.Append($"n{random.Next(5)}"), b => b.AppendNull()).Build();

    private static Int64Array Areas(Random random, int rows)
        => Nullable(new Int64Array.Builder(), rows, random, b => b.Append(random.Next(Math.Max(Entities, rows / 100))), b => b.AppendNull()).Build();

    /// <summary>Event times so close that rows of an entity share some, and created times before and after them.</summary>
    private static (IArrowArray At, IArrowArray Known) Times(Random random, int rows)
    {
        var (at, known) = (new Int64Array.Builder(), new Int64Array.Builder());
        for (var i = 0; i < rows; i++)
        {
            var time = Start + random.NextInt64(Span(rows));
            at.Append(time);
            known.Append(time + (random.Next(3) == 0 ? 0 : random.NextInt64(-5, 60)));
        }

        return (AsTimes(at.Build()), AsTimes(known.Build()));
    }

    private static long Span(int rows) => Math.Min(rows, 1_000);

    private static T Nullable<T>(T builder, int rows, Random random, Action<T> append, Action<T> appendNull)
    {
        for (var i = 0; i < rows; i++)
        {
            (random.Next(12) == 0 ? appendNull : append)(builder);
        }

        return builder;
    }
#pragma warning restore CA5394

    private static TimestampArray AsTimes(Int64Array values) => new(new ArrayData(new TimestampType(TimeUnit.Microsecond, "UTC"), values.Length, 0, 0, values.Data.Buffers));

    private static RecordBatch Batch(int rows, IReadOnlyList<(string Name, IArrowArray Values)> columns)
        => new(new Schema(columns.Select(c => new Field(c.Name, c.Values.Data.DataType, nullable: true)), metadata: null), columns.Select(c => c.Values), rows);
}
