using Apache.Arrow;
using Apache.Arrow.Ipc;

namespace Mlp.Runtime.Scoring;

/// <summary>An Arrow output. Its parts are Arrow streams of whole rows.</summary>
internal sealed class ArrowScoredFile(ScoringWorkFolder folder, TableFormat format, Schema schema) : IScoredFile
{
    private ArrowStreamWriter? _writer;
    private string? _part;

    /// <inheritdoc/>
    public void Append(RecordBatch scored)
    {
        Begin().WriteRecordBatch(scored);

        // The spans that were written from do not keep native memory alive.
        GC.KeepAlive(scored);
    }

    /// <inheritdoc/>
    public string CompletePart()
    {
        using (var writer = Begin())
        {
            writer.WriteEnd();
        }

        _writer = null;
        return _part!;
    }

    /// <inheritdoc/>
    public string Assemble(IReadOnlyList<string> parts, CancellationToken cancellationToken)
    {
        var path = folder.TemporaryPath(".output");
        using var writer = Create(path, format);
        writer.WriteStart();
        foreach (var part in parts)
        {
            using var reader = ArrowTableSource.Open(part, TableFormat.ArrowStream);
            while (reader.ReadNextRecordBatch() is { } batch)
            {
                using (batch)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    writer.WriteRecordBatch(batch);
                }
            }
        }

        writer.WriteEnd();
        return path;
    }

    /// <inheritdoc/>
    public void Dispose() => _writer?.Dispose();

    private ArrowStreamWriter Begin()
    {
        if (_writer is null)
        {
            _part = folder.TemporaryPath(".arrows");
            _writer = Create(_part, TableFormat.ArrowStream);
            _writer.WriteStart();
        }

        return _writer;
    }

    private ArrowStreamWriter Create(string path, TableFormat target)
    {
        var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 16);
        return target == TableFormat.ArrowFile ? new ArrowFileWriter(stream, schema, leaveOpen: false) : new ArrowStreamWriter(stream, schema, leaveOpen: false);
    }
}
