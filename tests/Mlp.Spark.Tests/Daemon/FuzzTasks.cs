using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Mlp.Spark.Commands;
using Mlp.Spark.Tests.Functions.Models;
using Mlp.Spark.Tests.Peer;
using Mlp.Spark.Tests.Protocol;

namespace Mlp.Spark.Tests.Daemon;

/// <summary>Tasks that the worker runs, to be mutated: of every version, of methods and of a model, packed and not.</summary>
internal static class FuzzTasks
{
    private static readonly OutputColumn[] Score = [new("y", "double", "score")];

    /// <summary>All tasks.</summary>
    /// <param name="package">A model of two columns.</param>
    public static byte[][] Create(TestPackage package)
    {
        var recordings = SparkRecording.All().Select(row => SparkRecording.Load((string)row[0], (string)row[1])).ToList();
        var types = Table(recordings.First(r => r.Name == "map-in-arrow-types"));
        return [.. recordings.Select(r => RecordedCommands.Rewrite(r, RecordedCommands.For(r.Name))), .. recordings.SelectMany(r => Scored(r, package.File)), .. Packed(package.File, types)];
    }

    /// <summary>The task of a recording with commands that score, where its columns are the model's.</summary>
    private static IEnumerable<byte[]> Scored(SparkRecording recording, FileReference model)
    {
        var table = new ScoreCommand { Model = model, Inputs = [new("x[0]", "a", Round: true), new("x[1]", "b", Round: true)], Outputs = Score, Keep = ["id"] };
        WorkerCommand[] commands = recording.Name switch
        {
            "map-in-arrow" or "map-in-arrow-empty-partition" => [table],
            "scalar-two-udfs" => [table with { Keep = [] }, table with { Keep = [] }],
            "scalar-named-arguments" => [table with { Keep = [] }],
            "grouped-map-201" or "grouped-map-209" => [table with { Inputs = [new("x[0]", "v", Round: true), new("x[1]", "k", Round: true)], Keep = ["g"] }],
            _ => [],
        };
        return commands.Length == 0 ? [] : [RecordedCommands.Rewrite(recording, commands)];
    }

    private static IEnumerable<byte[]> Packed(FileReference model, RecordBatch types)
    {
        var numbers = TestPackage.Doubles([.. Enumerable.Range(0, 600).Select(i => i % 50 == 0 ? (double?)null : i * 0.37 % 11)]);
        var table = TestPackage.Table(("a", numbers), ("b", numbers), ("v", Pairs(numbers)));
        var columns = new ScoreCommand { Model = model, Inputs = [new("x[0]", "a", Round: true), new("x[1]", "b", Round: true)], Outputs = Score, Keep = ["v"] };
        var vectors = new ScoreCommand { Model = model, Inputs = [new("x", "v", Round: true)], Outputs = Score };
        foreach (var codec in (CompressionCodecType[])[CompressionCodecType.Zstd, CompressionCodecType.Lz4Frame])
        {
            yield return TaskBytes.Map(RecordedCommands.Call("Recorded.Echo"), "/nowhere", codec, types, types);
            yield return TaskBytes.Map(columns, "/nowhere", codec, table, table);
            yield return TaskBytes.Map(vectors, "/nowhere", codec, table);
        }
    }

    /// <summary>Vectors of two numbers, half as many as there are numbers, and as many without any.</summary>
    private static ListArray Pairs(IArrowArray numbers)
    {
        var offsets = new ArrowBuffer.Builder<int>().AppendRange(Enumerable.Range(0, numbers.Length + 1).Select(i => Math.Min(2 * i, numbers.Length))).Build();
        return new ListArray(new ListType(new Field("element", DoubleType.Default, nullable: true)), numbers.Length, offsets, numbers, ArrowBuffer.Empty);
    }

    /// <summary>The table of a recorded task of one batch.</summary>
    private static RecordBatch Table(SparkRecording recording)
    {
        var start = recording.Input.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xff, 0xff, 0xff, 0xff]);
        using var reader = new ArrowStreamReader(new MemoryStream(recording.Input, start, recording.Input.Length - start));
        var rows = (StructArray)reader.ReadNextRecordBatch()!.Column(0);
        return new RecordBatch(new Schema(((StructType)rows.Data.DataType).Fields, null), rows.Fields, rows.Length);
    }
}
