using System.Buffers.Binary;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Mlp.Spark.Commands;
using Mlp.Spark.Worker.Protocol;

namespace Mlp.Spark.Tests.Peer;

/// <summary>Tasks as Spark 4.1 sends them, made by hand.</summary>
internal static class TaskBytes
{
    /// <summary>A map over tables.</summary>
    public static byte[] Map(WorkerCommand command, string folder, CompressionCodecType? codec, params RecordBatch[] tables)
    {
        var task = Begin(folder, EvaluationType.MapArrow);
        Function(task, command, [new FunctionArgument(0, null)], hasNames: false);
        return End(task, codec, [.. tables.Select(t => Wrap(t))]);
    }

    /// <summary>A map over tables.</summary>
    public static byte[] Map(WorkerCommand command, params RecordBatch[] tables) => Map(command, "/nowhere", null, tables);

    /// <summary>A scalar function of the columns of batches, by position or by name.</summary>
    public static byte[] Scalar(WorkerCommand command, IReadOnlyList<string?> names, params RecordBatch[] batches)
    {
        var task = Begin("/nowhere", EvaluationType.ScalarPandas);
        Function(task, command, [.. names.Select((name, i) => new FunctionArgument(i, name))], hasNames: true);
        return End(task, null, batches);
    }

    private static MemoryStream Begin(string folder, EvaluationType type)
    {
        var task = new MemoryStream();
        Int(task, 0);
        Text(task, "test");
        task.WriteByte(0);
        Int(task, 1, 0, 0, 0, 7, 1, 0, 0);
        Text(task, folder);
        Int(task, 0);
        task.WriteByte(0);
        Int(task, 0, (int)type, 0);
        task.WriteByte(0);
        return task;
    }

    private static void Function(MemoryStream task, WorkerCommand command, IReadOnlyList<FunctionArgument> arguments, bool hasNames)
    {
        Int(task, 1, arguments.Count);
        foreach (var (offset, name) in arguments)
        {
            Int(task, offset);
            if (hasNames)
            {
                task.WriteByte(name is null ? (byte)0 : (byte)1);
                if (name is not null)
                {
                    Text(task, name);
                }
            }
        }

        Int(task, 1);
        var bytes = CommandReader.Write(command);
        Int(task, bytes.Length);
        task.Write(bytes);
    }

    private static byte[] End(MemoryStream task, CompressionCodecType? codec, RecordBatch[] batches)
    {
        var options = new IpcOptions { CompressionCodec = codec, CompressionCodecFactory = codec is null ? null : new CompressionCodecFactory() };
        using (var writer = new ArrowStreamWriter(task, batches[0].Schema, leaveOpen: true, options))
        {
            foreach (var batch in batches)
            {
                writer.WriteRecordBatch(batch);
            }

            writer.WriteEnd();
        }

        Int(task, (int)ProtocolSignal.EndOfTask);
        return task.ToArray();
    }

    private static RecordBatch Wrap(RecordBatch table)
    {
        var type = new StructType(table.Schema.FieldsList);
        var rows = new StructArray(type, table.Length, table.Arrays, ArrowBuffer.Empty);
        return new RecordBatch(new Schema([new Field("struct", type, nullable: false)], null), [rows], table.Length);
    }

    private static void Int(MemoryStream task, params int[] values)
    {
        var bytes = new byte[4];
        foreach (var value in values)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes, value);
            task.Write(bytes);
        }
    }

    private static void Text(MemoryStream task, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Int(task, bytes.Length);
        task.Write(bytes);
    }
}
