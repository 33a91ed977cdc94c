namespace Mlp.Features.Ingestion;

/// <summary>Reads a text file line by line as bytes. Not thread-safe.</summary>
internal sealed class JsonLineReader : IDisposable
{
    /// <summary>The longest line that is taken, bytes.</summary>
    internal const int MaximumLineLength = 64 << 20;

    private readonly FileStream _stream;
    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private bool _isEnded;

    internal JsonLineReader(string path) => _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);

    /// <summary>Number of the line that was read last, from 1.</summary>
    internal long Line { get; private set; }

    /// <summary>Reads the next line that is not blank.</summary>
    /// <param name="line">The line without its end; valid until the next call.</param>
    /// <exception cref="IngestException">The line is too long.</exception>
    internal bool TryRead(out ReadOnlySpan<byte> line)
    {
        while (TryReadAny(out line))
        {
            Line++;
            line = Line == 1 && line.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? line[3..] : line;
            if (!line.Trim(" \t\r"u8).IsEmpty)
            {
                return true;
            }
        }

        return false;
    }

    public void Dispose() => _stream.Dispose();

    private bool TryReadAny(out ReadOnlySpan<byte> line)
    {
        var searched = 0;
        while (true)
        {
            var rest = _buffer.AsSpan(_start, _end - _start);
            if (rest[searched..].IndexOf((byte)'\n') is >= 0 and var found)
            {
                line = rest[..(searched + found)];
                _start += searched + found + 1;
                return true;
            }

            if (_isEnded)
            {
                line = rest;
                _start = _end;
                return rest.Length > 0;
            }

            searched = rest.Length;
            Fill();
        }
    }

    private void Fill()
    {
        var length = _end - _start;
        if (length > MaximumLineLength)
        {
            throw new IngestException(_stream.Name, $"Expected lines of at most {MaximumLineLength >> 20} MiB in '{_stream.Name}', but line {Line + 1} is longer.", line: Line + 1);
        }

        if (_start > 0)
        {
            _buffer.AsSpan(_start, length).CopyTo(_buffer);
            (_start, _end) = (0, length);
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var count = _stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += count;
        _isEnded = count == 0;
    }
}
