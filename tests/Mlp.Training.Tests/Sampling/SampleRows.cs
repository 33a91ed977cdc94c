using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Training.Tests.Sampling;

/// <summary>Rows whose values are told by their id, in several batches, with missing values and vectors.</summary>
internal static class SampleRows
{
    public static ArrowTrainingSet Create(int count, int batchSize = 37)
    {
        var batches = new List<RecordBatch>();
        IReadOnlyList<FeatureColumn> features = [];
        for (var start = 0; start < count; start += batchSize)
        {
            var ids = Enumerable.Range(start, Math.Min(batchSize, count - start)).Select(i => (long)i).ToArray();
            var rows = new Rows()
                .Int64("id", [.. ids.Cast<long?>()])
                .Float32("x", [.. ids.Select(Number)])
                .Boolean("flag", [.. ids.Select(Flag)])
                .Text("customer", [.. ids.Select(Customer)])
                .Vector("embedding", 2, [.. ids.Select(Vector)])
                .Label("label", [.. ids.Select(Label)])
                .Label("weight", [.. ids.Select(i => (float)(i % 4))])
                .Time("time", [.. ids.Select(Time)]);
            features = rows.Features;
            batches.Add(rows.Batch());
        }

        return new ArrowTrainingSet(batches, features, "label", "time");
    }

    public static long Time(long id) => id * 1_000_000;

    public static string? Customer(long id) => id % 11 == 5 ? null : $"customer {id * 7 % 23}";

    public static string Label(long id) => id % 10 == 0 ? "rare" : "common";

    /// <summary>Reads ids, and checks that every other column belongs to them.</summary>
    public static async Task<List<long>> ReadIdsAsync(IAsyncEnumerable<RecordBatch> batches)
    {
        var ids = new List<long>();
        await foreach (var batch in batches)
        {
            using (batch)
            {
                for (var row = 0; row < batch.Length; row++)
                {
                    ids.Add(CheckRow(batch, row));
                }
            }
        }

        return ids;
    }

    private static long CheckRow(RecordBatch batch, int row)
    {
        var id = ((Int64Array)batch.Column("id")).GetValue(row)!.Value;
        Assert.Equal(Number(id), ((FloatArray)batch.Column("x")).GetValue(row));
        Assert.Equal(Flag(id), ((BooleanArray)batch.Column("flag")).GetValue(row));
        Assert.Equal(Customer(id), ((StringArray)batch.Column("customer")).GetString(row));
        Assert.Equal(Label(id), ((StringArray)batch.Column("label")).GetString(row));
        Assert.Equal(Time(id), ((Int64Array)batch.Column("time")).GetValue(row));
        var vectors = (FixedSizeListArray)batch.Column("embedding");
        Assert.Equal(Vector(id) is null, vectors.IsNull(row));
        if (Vector(id) is { } vector)
        {
            Assert.Equal(vector, Enumerable.Range(0, 2).Select(i => ((FloatArray)vectors.Values).GetValue(((vectors.Offset + row) * 2) + i)!.Value));
        }

        return id;
    }

    private static float? Number(long id) => id % 7 == 3 ? null : id / 3f;

    private static bool? Flag(long id) => id % 5 == 4 ? null : id % 3 == 0;

    private static float[]? Vector(long id) => id % 13 == 1 ? null : [id, -id];
}
