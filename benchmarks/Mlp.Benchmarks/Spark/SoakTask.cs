using Apache.Arrow;
using Mlp.Spark.Commands;
using Mlp.Spark.Tests.Peer;

namespace Mlp.Benchmarks.Spark;

/// <summary>A task of a soak, and how it must end. Thread-safe.</summary>
internal sealed class SoakTask
{
    private readonly byte[] _bytes;
    private readonly Func<WorkerReply, bool> _isRight;
    private readonly int? _cutAt;

    private SoakTask(byte[] bytes, bool keepsConnection, Func<WorkerReply, bool> isRight, int? cutAt = null)
    {
        (_bytes, _isRight, _cutAt) = (bytes, isRight, cutAt);
        KeepsConnection = keepsConnection;
    }

    /// <summary>Whether the connection takes another task.</summary>
    public bool KeepsConnection { get; }

    /// <summary>Scores tables.</summary>
    public static SoakTask Table(ScoreCommand command, RecordBatch[] batches) => new(TaskBytes.Map(command, batches), keepsConnection: true, reply => HasAll(reply, batches));

    /// <summary>Scores columns.</summary>
    public static SoakTask Columns(ScoreCommand command, RecordBatch[] batches)
    {
        // A scalar function gets the features alone, in order.
        var columns = batches.Select(b => new RecordBatch(new Schema(b.Schema.FieldsList.Skip(1), null), b.Arrays.Skip(1), b.Length)).ToArray();
        var scalar = command with { Keep = [], Inputs = [.. command.Inputs.Select(i => i with { Column = null })] };
        return new SoakTask(TaskBytes.Scalar(scalar, [.. columns[0].Schema.FieldsList.Select(_ => (string?)null)], columns), keepsConnection: true, reply => HasAll(reply, batches));
    }

    /// <summary>Asks for a column that is not there.</summary>
    public static SoakTask Failing(ScoreCommand command, RecordBatch[] batches)
        => new(TaskBytes.Map(command with { Keep = ["nothing"] }, batches), keepsConnection: false, reply => reply.Error?.Contains("'nothing'", StringComparison.Ordinal) == true);

    /// <summary>Is cut off within its last batch.</summary>
    public static SoakTask Cut(ScoreCommand command, RecordBatch[] batches)
    {
        var bytes = TaskBytes.Map(command, batches);
        return new SoakTask(bytes, keepsConnection: false, static _ => true, bytes.Length * 5 / 6);
    }

    /// <summary>Runs it.</summary>
    /// <param name="peer">The connection.</param>
    /// <returns>Whether it ended as it must.</returns>
    public bool Run(SparkPeer peer)
    {
        if (_cutAt is not { } end)
        {
            return _isRight(peer.Run(_bytes));
        }

        // The answers of the batches before lie unread: the worker's writes meet a reset.
        peer.Write(_bytes[..end]);
        return true;
    }

    private static bool HasAll(WorkerReply reply, RecordBatch[] batches) => reply.IsSuccess && reply.Batches.Select(b => b.Length).SequenceEqual(batches.Select(b => b.Length));
}
