using Apache.Arrow;
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
            : [new RecordBatch(parts[0].Schema, Enumerable.Range(0, parts[0].ColumnCount).Select(c => Join([.. parts.Select(p => p.Column(c))], (int)rows)), (int)rows)];
    }

    /// <summary>Arrow does not put columns of nulls together, which have nothing but a length.</summary>
    private static IArrowArray Join(IReadOnlyList<IArrowArray> parts, int rows) => parts[0] is NullArray ? new NullArray(rows) : ArrowArrayConcatenator.Concatenate(parts);
}
