using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.C;
using DuckDB.NET.Data;

namespace Mlp.Runtime.Interop;

/// <summary>
/// Appends Arrow batches to a DuckDB table without a detour over rows. The columns of a batch stand in the order of the table's columns.
/// Not thread-safe; the connection is not used otherwise until it is closed.
/// </summary>
internal sealed unsafe class DuckDbAppender : IDisposable
{
    /// <summary>Rows handed over at once: the size of DuckDB's own vectors.</summary>
    private const int ChunkRows = 2048;

    /// <summary>Where <c>release</c> stands in <c>struct ArrowArray</c> of the Arrow C data interface: after five int64 and three pointers, in units of 8 bytes.</summary>
    private const int ReleaseSlot = 8;

    private readonly SafeHandle _connection;
    private nint _appender;
    private nint _convertedSchema;

    internal DuckDbAppender(DuckDBConnection connection, string table, Schema schema)
    {
        _connection = connection.NativeConnection;
        var exported = CArrowSchema.Create();
        try
        {
            CArrowSchemaExporter.ExportSchema(schema, exported);
            ThrowIfError(DuckDbNative.SchemaFromArrow(_connection, exported, out _convertedSchema));
        }
        finally
        {
            CArrowSchema.Free(exported);
        }

        if (DuckDbNative.AppenderCreate(_connection, null, table, out _appender) != DuckDbNative.Success)
        {
            var message = AppenderMessage();
            Dispose();
            throw new InvalidOperationException($"DuckDB cannot append to the table '{table}': {message}");
        }
    }

    internal void Append(RecordBatch batch)
    {
        for (var start = 0; start < batch.Length; start += ChunkRows)
        {
            using var slice = batch.SliceShared(start, Math.Min(ChunkRows, batch.Length - start));
            AppendChunk(slice);
        }
    }

    /// <summary>Makes the appended rows part of the table.</summary>
    internal void Close()
    {
        if (DuckDbNative.AppenderClose(_appender) != DuckDbNative.Success)
        {
            throw new InvalidOperationException($"DuckDB cannot finish appending: {AppenderMessage()}");
        }
    }

    public void Dispose()
    {
        if (_appender != 0)
        {
            // The state it returns repeats an error that Close has reported.
            _ = DuckDbNative.AppenderDestroy(ref _appender);
        }

        if (_convertedSchema != 0)
        {
            DuckDbNative.DestroyConvertedSchema(ref _convertedSchema);
        }
    }

    private void AppendChunk(RecordBatch batch)
    {
        var exported = CArrowArray.Create();
        nint chunk = 0;
        try
        {
            CArrowArrayExporter.ExportRecordBatch(batch, exported);

            // DuckDB ties the array's life to its first column and may release it before it has read the others, so it gets
            // a copy of the struct whose release does nothing; ours lives until the rows are copied.
            var borrowed = *exported;
            ((delegate* unmanaged[Cdecl]<CArrowArray*, void>*)&borrowed)[ReleaseSlot] = &ReleaseNothing;
            ThrowIfError(DuckDbNative.DataChunkFromArrow(_connection, &borrowed, _convertedSchema, out chunk));
            if (DuckDbNative.AppendDataChunk(_appender, chunk) != DuckDbNative.Success)
            {
                throw new InvalidOperationException($"DuckDB cannot append {batch.Length} rows: {AppenderMessage()}");
            }
        }
        finally
        {
            if (chunk != 0)
            {
                DuckDbNative.DestroyDataChunk(ref chunk);
            }

            CArrowArray.Free(exported);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseNothing(CArrowArray* array) => ((nint*)array)[ReleaseSlot] = 0;

    private string AppenderMessage()
    {
        var error = DuckDbNative.AppenderErrorData(_appender);
        try
        {
            return Marshal.PtrToStringUTF8((nint)DuckDbNative.ErrorDataMessage(error)) ?? "no reason given";
        }
        finally
        {
            DuckDbNative.DestroyErrorData(ref error);
        }
    }

    private static void ThrowIfError(nint error)
    {
        if (error == 0)
        {
            return;
        }

        var message = DuckDbNative.ErrorDataHasError(error) ? Marshal.PtrToStringUTF8((nint)DuckDbNative.ErrorDataMessage(error)) ?? "no reason given" : null;
        DuckDbNative.DestroyErrorData(ref error);
        if (message is not null)
        {
            throw new InvalidOperationException($"DuckDB cannot take Arrow data: {message}");
        }
    }
}
