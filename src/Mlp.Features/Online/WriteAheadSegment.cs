using Mlp.Runtime.Storage;

namespace Mlp.Features.Online;

/// <summary>One file of the write-ahead log and the writes that are between their frame and the row store. Guarded by the log's gate.</summary>
/// <param name="number">Number of the segment.</param>
/// <param name="writer">Writes the file.</param>
internal sealed class WriteAheadSegment(long number, FrameLogWriter writer)
{
    private TaskCompletionSource? _drained;
    private int _inFlight;

    /// <summary>Number of the segment, from 1.</summary>
    internal long Number { get; } = number;

    /// <summary>Writes the file.</summary>
    internal FrameLogWriter Writer { get; } = writer;

    /// <summary>A write has its frame and is not in the row store yet.</summary>
    internal void Enter() => _inFlight++;

    /// <summary>A write is in the row store, or never will be.</summary>
    internal void Leave()
    {
        if (--_inFlight == 0)
        {
            _drained?.TrySetResult();
        }
    }

    /// <summary>Completes when no write is in flight; called once the segment takes no more.</summary>
    internal Task DrainAsync()
    {
        if (_inFlight == 0)
        {
            return Task.CompletedTask;
        }

        _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _drained.Task;
    }
}
