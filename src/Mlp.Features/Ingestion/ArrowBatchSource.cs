using Apache.Arrow;
using Mlp.Features.Interop;
using Mlp.Runtime.Data;
using Mlp.Runtime.Interop;

namespace Mlp.Features.Ingestion;

/// <summary>A stream of Arrow batches of one schema. One batch is looked at at a time.</summary>
/// <param name="batches">The batches; they stay the producer's.</param>
/// <param name="isReadOnce">Whether the stream may give its batches once only.</param>
internal sealed class ArrowBatchSource(IAsyncEnumerable<RecordBatch> batches, bool isReadOnce) : RowSource
{
    /// <summary>The source in messages.</summary>
    internal const string Source = "the Arrow batches";

    internal override string Named => Source;

    internal override bool IsReadOnce => isReadOnce;

    internal override async ValueTask LoadAsync(DuckDbSession session, string table, CancellationToken cancellationToken)
    {
        DuckDbAppender? appender = null;
        try
        {
            ArrowSourceColumns? columns = null;
            await foreach (var batch in batches.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                LiveBatch.Require(batch, Source);
                if (columns is null)
                {
                    columns = new ArrowSourceColumns(batch.Schema, ArrowColumnRoles.None, Source, Source);
                    session.Execute($"CREATE TEMP TABLE {Sql.Name(table)} ({string.Join(", ", columns.Sql)})", cancellationToken);
                    appender = session.CreateAppender(table, columns.Schema);
                }

                appender!.Append(columns.Convert(batch));
                GC.KeepAlive(batch);
            }

            if (appender is null)
            {
                throw new IngestException(Source, $"Expected at least one batch in {Source}, which says the columns, but found none. A batch without rows will do.");
            }

            appender.Close();
        }
        finally
        {
            appender?.Dispose();
        }
    }
}
