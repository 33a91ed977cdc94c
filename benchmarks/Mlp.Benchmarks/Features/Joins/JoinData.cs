using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Runtime.Data;

namespace Mlp.Benchmarks.Features.Joins;

/// <summary>
/// Feature rows of 100,000 entities over 30 days in the order of time, one in a hundred a correction of an earlier row of the same event time, and labels in the order of chance; the same rows for every way to join them: in a
/// feature store, and as files of plain numbers.
/// </summary>
internal sealed class JoinData(string folder)
{
    internal const int Entities = 100_000;
    internal const int Fields = 4;
    internal static readonly TimeSpan TimeToLive = TimeSpan.FromDays(1);

    private const long Start = 1_767_225_600_000_000;
    private const long Span = 30L * 24 * 3600 * 1_000_000;
    private const int RowsPerIngest = 1_000_000;

    internal static FeatureCatalog Catalog { get; } = new FeaturesBuilder()
        .Add(new FeatureViewBuilder("stats").Key("id", EntityValueKind.Int64).EventTime("e").CreatedTime("c").TimeToLive(TimeToLive)
            .Feature("f0", FeatureType.Float32).Feature("f1", FeatureType.Float32).Feature("f2", FeatureType.Float32).Feature("f3", FeatureType.Float32).Build())
        .AddService("bench", 1, s => s.From("stats", 1))
        .Build();

    internal string Store => Path.Combine(folder, "store");

    internal string Plain => Path.Combine(folder, "plain");

    internal async Task WriteAsync(int featureRows, int labels)
    {
        Directory.CreateDirectory(Plain);
        var store = FeatureStore.Open(Store, Catalog);
        var random = new Random(11);
        for (var first = 0; first < featureRows; first += RowsPerIngest)
        {
            var count = Math.Min(RowsPerIngest, featureRows - first);
            var (ids, events, created) = (new long[count], new long[count], new long[count]);
            var values = Enumerable.Range(0, Fields).Select(_ => new float[count]).ToArray();
            for (var i = 0; i < count; i++)
            {
                var isCorrection = i > 0 && random.Next(100) == 0;
                ids[i] = isCorrection ? ids[i - 1] : random.Next(Entities);
                events[i] = isCorrection ? events[i - 1] : Start + (long)((first + i + random.NextDouble()) / featureRows * Span);
                created[i] = isCorrection ? created[i - 1] + 60_000_000 : events[i] + random.Next(600_000_000);
                foreach (var column in values)
                {
                    column[i] = random.NextSingle();
                }
            }

            Append("features.id", ids);
            Append("features.e", events);
            Append("features.c", created);
            for (var f = 0; f < Fields; f++)
            {
                Append($"features.f{f}", values[f]);
            }

            var schema = new Schema([Field("id", Int64Type.Default), Field("e", Int64Type.Default), Field("c", Int64Type.Default), .. Enumerable.Range(0, Fields).Select(f => Field($"f{f}", FloatType.Default))], null);
            using var batch = new RecordBatch(schema, [Longs(ids), Longs(events), Longs(created), .. values.Select(Floats)], count);
            await store.IngestAsync("stats", batch);
        }

        Append("labels.id", Enumerable.Range(0, labels).Select(_ => (long)random.Next(Entities)).ToArray());
        Append("labels.t", Enumerable.Range(0, labels).Select(_ => Start + random.NextInt64(Span)).ToArray());
        Append("labels.y", Enumerable.Range(0, labels).Select(_ => random.NextSingle()).ToArray());
    }

    /// <summary>The labels, as a user would have them.</summary>
    internal RecordBatch ReadLabels()
    {
        var (ids, times, labels) = (Read<long>("labels.id"), Read<long>("labels.t"), Read<float>("labels.y"));
        return new RecordBatch(new Schema([Field("id", Int64Type.Default), Field("t", Int64Type.Default), Field("y", FloatType.Default)], null), [Longs(ids), Longs(times), Floats(labels)], ids.Length);
    }

    private static Field Field(string name, IArrowType type) => new(name, type, nullable: true);

    private static Int64Array Longs(long[] values) => new(new ArrowBuffer(MemoryMarshal.AsBytes<long>(values).ToArray()), ArrowBuffer.Empty, values.Length, 0, 0);

    private static FloatArray Floats(float[] values) => new(new ArrowBuffer(MemoryMarshal.AsBytes<float>(values).ToArray()), ArrowBuffer.Empty, values.Length, 0, 0);

    private void Append<T>(string name, T[] values)
        where T : unmanaged
    {
        using var file = new FileStream(Path.Combine(Plain, name), FileMode.Append);
        file.Write(MemoryMarshal.AsBytes<T>(values));
    }

    private T[] Read<T>(string name)
        where T : unmanaged
        => MemoryMarshal.Cast<byte, T>(File.ReadAllBytes(Path.Combine(Plain, name))).ToArray();
}
