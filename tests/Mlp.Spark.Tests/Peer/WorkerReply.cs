using System.Buffers.Binary;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Mlp.Spark.Worker.Protocol;

namespace Mlp.Spark.Tests.Peer;

/// <summary>The answer to a task.</summary>
/// <param name="HasStream">Whether there was an Arrow stream.</param>
/// <param name="Schema">Its schema; null without a stream.</param>
/// <param name="Batches">Its batches.</param>
/// <param name="Error">What went wrong; null where nothing did.</param>
/// <param name="Accumulators">Number of updates of accumulators; -1 after an error.</param>
/// <param name="End">The last word; 0 after an error.</param>
public sealed record WorkerReply(bool HasStream, Schema? Schema, IReadOnlyList<RecordBatch> Batches, string? Error, int Accumulators, int End)
{
    /// <summary>Whether the task succeeded and the connection takes another.</summary>
    public bool IsSuccess => Error is null && Accumulators == 0 && End == (int)ProtocolSignal.EndOfTask;

    /// <summary>Name and type of every column, in every part.</summary>
    public string Columns => Schema is null ? string.Empty : string.Join(", ", Schema.FieldsList.Select(ArrowText.Describe));

    /// <summary>The rows, as text.</summary>
    public IReadOnlyList<string> Rows => [.. Batches.SelectMany(b => Enumerable.Range(0, b.Length).Select(row => string.Join(", ", b.Arrays.Select(a => ArrowText.Format(a, row)))))];

    /// <summary>Reads an answer.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="batchCame">What to do whenever a batch has come.</param>
    public static WorkerReply Read(Stream stream, Action? batchCame = null)
    {
        var reply = new WorkerReply(false, null, [], null, -1, 0);
        while (true)
        {
            var signal = ReadInt32(stream);
            switch (signal)
            {
                case (int)ProtocolSignal.StartOfArrow when !reply.HasStream:
                    reply = reply with { HasStream = true };
                    using (var reader = new ArrowStreamReader(stream, leaveOpen: true))
                    {
                        var batches = new List<RecordBatch>();
                        reply = reply with { Schema = reader.Schema, Batches = batches };
                        while (reader.ReadNextRecordBatch() is { } batch)
                        {
                            batches.Add(batch);
                            batchCame?.Invoke();
                        }
                    }

                    break;
                case (int)ProtocolSignal.Failed:
                    var text = new byte[ReadInt32(stream)];
                    stream.ReadExactly(text);
                    return reply with { Error = Encoding.UTF8.GetString(text) };
                case (int)ProtocolSignal.EndOfData:
                    return reply with { Accumulators = ReadInt32(stream), End = ReadInt32(stream) };
                default:
                    throw new InvalidDataException($"Spark does not know the word {signal}.");
            }
        }
    }

    private static int ReadInt32(Stream stream)
    {
        Span<byte> bytes = stackalloc byte[4];
        stream.ReadExactly(bytes);
        return BinaryPrimitives.ReadInt32BigEndian(bytes);
    }
}
