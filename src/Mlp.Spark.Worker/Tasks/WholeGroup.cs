using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Spark.Worker.Protocol;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>All rows of a group in one batch, for functions that want it so.</summary>
internal static class WholeGroup
{
    /// <summary>Reads the batches of a group.</summary>
    /// <param name="batches">The batches, whose memory nobody else uses again.</param>
    /// <returns>One batch, or none for a group without rows.</returns>
    /// <exception cref="TaskException">The group is too large.</exception>
    public static IEnumerable<RecordBatch> Read(IEnumerable<RecordBatch> batches)
    {
        var parts = new List<RecordBatch>();
        var (length, rows) = (0L, 0L);
        foreach (var batch in batches)
        {
            parts.Add(batch);
            rows += batch.Length;
            length += batch.Arrays.Sum(a => ColumnLength.Of(a.Data));
            if (length > ProtocolLimits.BatchLength || rows > ProtocolLimits.BatchRows)
            {
                throw new TaskException(FormattableString.Invariant(
                    $"Expected groups of at most {ProtocolLimits.BatchLength} bytes and {ProtocolLimits.BatchRows} rows for a method that takes a group in one batch, but found more. A method over IEnumerable<RecordBatch> takes larger ones."));
            }
        }

        return parts.Count < 2
            ? parts
            : [new RecordBatch(parts[0].Schema, Enumerable.Range(0, parts[0].ColumnCount).Select(c => Join([.. parts.Select(p => p.Column(c))])), (int)rows)];
    }

    /// <summary>Arrow does not put columns of nulls together, which have nothing but a length: others stand for them, however deep they lie.</summary>
    private static IArrowArray Join(IReadOnlyList<IArrowArray> parts)
    {
        var type = parts[0].Data.DataType;
        return !HasNulls(type)
            ? ArrowArrayConcatenator.Concatenate(parts)
            : ArrowArrayFactory.BuildArray(ToNulls(ArrowArrayConcatenator.Concatenate([.. parts.Select(p => ArrowArrayFactory.BuildArray(FromNulls(p.Data)))]).Data, type));
    }

    private static bool HasNulls(IArrowType type) => type is NullType || (type is NestedType nested && nested.Fields.Any(f => HasNulls(f.DataType)));

    private static ArrayData FromNulls(ArrayData data) => data switch
    {
        { DataType: NullType } => new ArrayData(BooleanType.Default, data.Length, 0, 0, [ArrowBuffer.Empty, new ArrowBuffer(new byte[(data.Length + 7) / 8])]),
        { Children: { Length: > 0 } children } => new ArrayData(data.DataType, data.Length, data.NullCount, data.Offset, data.Buffers, children.Select(FromNulls)),
        _ => data,
    };

    private static ArrayData ToNulls(ArrayData data, IArrowType type) => type switch
    {
        NullType => new NullArray(data.Length).Data,
        NestedType nested => new ArrayData(nested, data.Length, data.NullCount, data.Offset, data.Buffers, data.Children.Select((c, i) => ToNulls(c, nested.Fields[i].DataType))),
        _ => data,
    };
}
