using Microsoft.Win32.SafeHandles;

namespace Mlp.Benchmarks.Features.Pushes;

/// <summary>Appends as many bytes to a file and flushes it: what the device asks of every way, one caller after the other. The rows cannot be read.</summary>
internal sealed class FileAppend(string directory) : IPushWay
{
    private readonly Lock _gate = new();
    private readonly SafeFileHandle _file = File.OpenHandle(Path.Combine(directory, "append.log"), FileMode.CreateNew, FileAccess.Write);
    private byte[] _buffer = [];
    private long _length;

    public string Name => "append and fsync alone";

    public Task PushAsync(PushedRows rows)
    {
        lock (_gate)
        {
            if (_buffer.Length != rows.Count * PushedRows.LogLength)
            {
                _buffer = new byte[rows.Count * PushedRows.LogLength];
            }

            RandomAccess.Write(_file, _buffer, _length);
            RandomAccess.FlushToDisk(_file);
            _length += _buffer.Length;
        }

        return Task.CompletedTask;
    }

    public Task SettleAsync() => Task.CompletedTask;

    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }
}
