using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Google.Protobuf;
using Mlp.Spark.Connect.Protocol;

namespace Mlp.Spark.Connect;

/// <summary>Tables on their way: each part of a result is a whole Arrow stream, compressed or not, and so is a table that goes along with a query.</summary>
internal static class ArrowParts
{
    /// <summary>The batches of a part; those without rows are left out.</summary>
    /// <param name="part">The part.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async IAsyncEnumerable<RecordBatch> ReadAsync(ExecutePlanResponse.Types.ArrowBatch part, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new ArrowStreamReader(part.Data.Memory, new CompressionCodecFactory());
        while (await reader.ReadNextRecordBatchAsync(cancellationToken).ConfigureAwait(false) is { } batch)
        {
            if (batch.Length > 0)
            {
                yield return batch;
            }
            else
            {
                batch.Dispose();
            }
        }
    }

    /// <summary>Batches as one stream.</summary>
    /// <param name="schema">Their schema.</param>
    /// <param name="batches">The batches; they stay the caller's.</param>
    public static ByteString Write(Schema schema, IReadOnlyList<RecordBatch> batches)
    {
        using var stream = new MemoryStream();
        using (var writer = new ArrowStreamWriter(stream, schema, leaveOpen: true))
        {
            writer.WriteStart();
            foreach (var batch in batches)
            {
                writer.WriteRecordBatch(batch);
                GC.KeepAlive(batch);
            }

            writer.WriteEnd();
        }

        return ByteString.CopyFrom(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
