using System.Runtime.CompilerServices;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Microsoft.Win32.SafeHandles;

namespace Mlp.Features.Joins;

/// <summary>
/// Keeps batches as Arrow IPC streams: in memory up to a limit, then all of them in a temporary file that goes with its handle. What is read owns its memory, whoever owned what was written.
/// Not thread-safe while written; then readable by many at once.
/// </summary>
internal sealed class ArrowSpool : IDisposable
{
    /// <summary>How the name of a spool's file starts.</summary>
    internal const string FilePrefix = "rows-";

    private const int SegmentBytes = 4 << 20;

    private readonly List<byte[]> _segments = [];
    private readonly List<(long Offset, int Length)> _fileSegments = [];
    private readonly long _memoryLimit;
    private readonly string _folder;
    private MemoryStream? _current;
    private ArrowStreamWriter? _writer;
    private long _bytes;
    private SafeFileHandle? _file;

    internal ArrowSpool(Schema schema, long memoryLimit, string folder)
    {
        Schema = schema;
        _memoryLimit = memoryLimit;
        _folder = folder;
    }

    internal Schema Schema { get; }

    internal long RowCount { get; private set; }

    internal bool IsInFile => _file is not null;

    internal void Append(RecordBatch batch)
    {
        _current ??= new MemoryStream();
        _writer ??= new ArrowStreamWriter(_current, Schema, leaveOpen: true);
        _writer.WriteRecordBatch(batch);
        GC.KeepAlive(batch);
        RowCount += batch.Length;
        if (_current.Length >= SegmentBytes)
        {
            FinishSegment();
        }
    }

    /// <summary>Ends writing.</summary>
    internal void Complete() => FinishSegment();

    internal async IAsyncEnumerable<RecordBatch> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var count = IsInFile ? _fileSegments.Count : _segments.Count;
        for (var i = 0; i < count; i++)
        {
            var segment = IsInFile ? await ReadSegmentAsync(_fileSegments[i], cancellationToken).ConfigureAwait(false) : _segments[i];
            using var reader = new ArrowStreamReader(segment);
            while (reader.ReadNextRecordBatch() is { } batch)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return batch;
            }
        }
    }

    public void Dispose()
    {
        _writer?.Dispose();
        _file?.Dispose();
        _segments.Clear();
    }

    private async ValueTask<byte[]> ReadSegmentAsync((long Offset, int Length) segment, CancellationToken cancellationToken)
    {
        var bytes = new byte[segment.Length];
        for (var read = 0; read < bytes.Length;)
        {
            var more = await RandomAccess.ReadAsync(_file!, bytes.AsMemory(read), segment.Offset + read, cancellationToken).ConfigureAwait(false);
            read += more > 0 ? more : throw new EndOfStreamException("Expected the rest of a spooled batch, but the temporary file ends.");
        }

        return bytes;
    }

    private void FinishSegment()
    {
        if (_writer is null)
        {
            return;
        }

        _writer.WriteEnd();
        _writer.Dispose();
        var segment = _current!.ToArray();
        (_writer, _current) = (null, null);
        _bytes += segment.Length;
        _segments.Add(segment);
        if (_bytes > _memoryLimit)
        {
            MoveToFile();
        }
    }

    private void MoveToFile()
    {
        if (_file is null)
        {
            Directory.CreateDirectory(_folder);
            var path = Path.Combine(_folder, $"{FilePrefix}{Guid.NewGuid():N}.tmp");
            _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, FileOptions.DeleteOnClose);
        }

        var end = _fileSegments.Count == 0 ? 0 : _fileSegments[^1].Offset + _fileSegments[^1].Length;
        foreach (var segment in _segments)
        {
            RandomAccess.Write(_file, segment, end);
            _fileSegments.Add((end, segment.Length));
            end += segment.Length;
        }

        _segments.Clear();
    }
}
