using System.Globalization;
using System.Runtime.CompilerServices;
using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Training.Tests.Networks.Streams;

/// <summary>Rows that are made when they are read and exist nowhere else: a number, a text, a weight, and a label that follows from them.</summary>
internal sealed class GeneratedRows : ITrainingSet
{
    private const int BatchSize = 1000;

    private readonly long _count;
    private readonly Func<long, string> _label;

    public GeneratedRows(long count, Func<long, string>? label = null)
    {
        _count = count;
        _label = label ?? (row => Number(row) > 0 ? "yes" : "no");
        var first = Batch(0, 1);
        Schema = first.Schema;
        Manifest = new TrainingSetManifest
        {
            Features = [new FeatureColumn("x", FeatureType.Float32, "view"), new FeatureColumn("c", FeatureType.String, "view")],
            LabelColumns = ["y"],
            TimeColumn = "time",
            WeightColumn = "w",
            RowCount = count,
            ContentHash = count.ToString(CultureInfo.InvariantCulture),
        };
    }

    public TrainingSetManifest Manifest { get; init; }

    public Schema Schema { get; }

    /// <summary>How often the rows were read.</summary>
    public int Reads { get; private set; }

    public static float Number(long row) => (row * 7919 % 2003 / 1000f) - 1;

    public async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Reads++;
        for (var start = 0L; start < _count; start += BatchSize)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
            yield return Batch(start, (int)Math.Min(BatchSize, _count - start));
        }
    }

    private RecordBatch Batch(long start, int count)
    {
        var rows = Enumerable.Range(0, count).Select(i => start + i).ToArray();
        return new Rows()
            .Float32("x", [.. rows.Select(r => (float?)Number(r))])
            .Text("c", [.. rows.Select(r => r % 3 == 0 ? "a" : "b")])
            .Label("y", [.. rows.Select(_label)])
            .Label("w", [.. rows.Select(r => (float)(1 + (r % 2)))])
            .Time("time", [.. rows])
            .Batch();
    }
}
