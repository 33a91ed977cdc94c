using Apache.Arrow;
using Apache.Arrow.Ipc;
using Mlp.Spark.Worker.Protocol;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>The answer of a task: nothing where there are no rows, else one Arrow stream. Each batch leaves at once, so that a query that has enough rows can end. Not thread-safe.</summary>
/// <param name="writer">The connection.</param>
internal sealed class TaskOutput(ProtocolWriter writer) : IDisposable
{
    private ArrowStreamWriter? _stream;
    private Schema? _schema;

    /// <summary>Writes a batch.</summary>
    /// <param name="batch">The batch; it stays the caller's.</param>
    /// <exception cref="TaskException">It has other types than those before, or is too large.</exception>
    public void Write(RecordBatch batch)
    {
        if (batch.Length == 0)
        {
            return;
        }

        Require(batch);
        if (_stream is null)
        {
            _schema = batch.Schema;
            writer.WriteSignal(ProtocolSignal.StartOfArrow);
            _stream = new ArrowStreamWriter(writer.Stream, _schema, leaveOpen: true);
            _stream.WriteStart();
        }

        _stream.WriteRecordBatch(batch);
        writer.Flush();
    }

    /// <summary>Ends the stream, if one was begun.</summary>
    public void Close()
    {
        _stream?.WriteEnd();
        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stream?.Dispose();
        _stream = null;
    }

    private void Require(RecordBatch batch)
    {
        if (_schema is not null && !ReferenceEquals(_schema, batch.Schema) && !IsSame(_schema, batch.Schema))
        {
            throw new TaskException($"Expected batches of the same columns in a task, but found {TaskTables.Describe(batch.Schema)} after {TaskTables.Describe(_schema)}.");
        }

        var length = 0L;
        for (var i = 0; i < batch.ColumnCount; i++)
        {
            length += ColumnLength.Of(batch.Column(i).Data);
        }

        if (length > ProtocolLimits.BatchLength || batch.Length > ProtocolLimits.BatchRows)
        {
            throw new TaskException(FormattableString.Invariant(
                $"Expected results of at most {ProtocolLimits.BatchLength} bytes and {ProtocolLimits.BatchRows} rows, but found one of {length} bytes and {batch.Length} rows. Give it in parts, or make batches smaller: spark.sql.execution.arrow.maxRecordsPerBatch."));
        }
    }

    private static bool IsSame(Schema left, Schema right)
        => left.FieldsList.Count == right.FieldsList.Count && left.FieldsList.Zip(right.FieldsList).All(p => TypeEquality.AreSame(p.First, p.Second));
}
