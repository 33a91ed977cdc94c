namespace Mlp.Spark.Worker.Protocol;

/// <summary>
/// Looks at the description of an Arrow message before Arrow reads it, so that nothing is allocated for a length that lies, and a schema that contains itself does not end the process.
/// </summary>
internal static class ArrowMessage
{
    private const byte SchemaHeader = 1;
    private const byte BatchHeader = 3;
    private const int HeaderTypeField = 1;
    private const int HeaderField = 2;
    private const int BodyLengthField = 3;
    private const int SchemaFields = 1;
    private const int SchemaMetadata = 2;
    private const int FieldDictionary = 4;
    private const int FieldChildren = 5;
    private const int FieldMetadata = 6;
    private const int BatchLengthField = 0;
    private const int BatchNodes = 1;
    private const int BatchBuffers = 2;

    /// <summary>Bytes of the numbers that a batch has of each column, and of each of its buffers.</summary>
    private const int PairLength = 16;

    /// <summary>Checks a message.</summary>
    /// <param name="metadata">Its description.</param>
    /// <param name="isFirst">Whether it begins a stream, so that it must be a schema; any other must be a batch.</param>
    /// <returns>Number of bytes that follow it.</returns>
    /// <exception cref="ProtocolException">It is broken, another kind of message, or over a limit.</exception>
    public static int Check(ReadOnlySpan<byte> metadata, bool isFirst)
    {
        var message = FlatTable.RootOf(metadata);
        var kind = message.Byte(HeaderTypeField);
        if (kind != (isFirst ? SchemaHeader : BatchHeader))
        {
            throw new ProtocolException(FormattableString.Invariant($"Expected {(isFirst ? "a schema" : "a record batch")} in an Arrow stream, but found a message of kind {kind}."));
        }

        var header = message.Table(HeaderField);
        if (isFirst)
        {
            CheckSchema(header);
        }
        else
        {
            CheckBatch(header);
        }

        var length = message.Int64(BodyLengthField);
        Require(length, isFirst ? 0 : ProtocolLimits.BatchLength, "bytes of values");
        return (int)length;
    }

    private static void CheckSchema(FlatTable schema)
    {
        var columns = 0;
        for (var i = 0; i < schema.Count(SchemaFields, sizeof(int)); i++)
        {
            CheckField(schema.Element(SchemaFields, i), 1, ref columns);
        }

        Require(schema.Count(SchemaMetadata, sizeof(int)), ProtocolLimits.ColumnCount, "entries of metadata");
    }

    private static void CheckField(FlatTable field, int depth, ref int columns)
    {
        Require(depth, ProtocolLimits.ColumnDepth, "columns within columns");
        Require(++columns, ProtocolLimits.ColumnCount, "columns");
        Require(field.Count(FieldMetadata, sizeof(int)), ProtocolLimits.ColumnCount, "entries of metadata");
        if (field.Has(FieldDictionary))
        {
            throw new ProtocolException("Expected columns without dictionaries, as Spark sends them, but found one with a dictionary.");
        }

        for (var i = 0; i < field.Count(FieldChildren, sizeof(int)); i++)
        {
            CheckField(field.Element(FieldChildren, i), depth + 1, ref columns);
        }
    }

    private static void CheckBatch(FlatTable batch)
    {
        Require(batch.Int64(BatchLengthField), ProtocolLimits.BatchRows, "rows of a batch");
        Require(batch.Count(BatchNodes, PairLength), ProtocolLimits.ColumnCount, "columns of a batch");
        Require(batch.Count(BatchBuffers, PairLength), 3 * ProtocolLimits.ColumnCount, "buffers of a batch");
    }

    private static void Require(long count, int limit, string what)
    {
        if (count < 0 || count > limit)
        {
            throw new ProtocolException(FormattableString.Invariant($"Expected at most {limit} {what}, but found {count}."));
        }
    }
}
