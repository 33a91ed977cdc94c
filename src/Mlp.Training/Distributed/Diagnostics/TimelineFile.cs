using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>
/// The file of a timeline. Events wait in memory that is bounded and are written on a thread of its own, so that a disk holds up nobody; what comes while the memory is full is left out and counted. A disk that fails ends the
/// timeline and nothing else. Thread-safe.
/// </summary>
internal sealed class TimelineFile : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly object _gate = new();
    private readonly string _path;
    private readonly ILogger _logger;
    private readonly TimelineEvent[][] _buffers;
    private readonly Thread _thread;
    private readonly List<Action<TimelineText>> _notes = [];
    private FileStream? _file;
    private int _count;
    private int _filling;
    private long _dropped;
    private long _flushed;
    private bool _isAsked;
    private bool _isEnding;

    private TimelineFile(string path, FileStream file, TimelineOptions options, TimeProvider clock, ILogger logger)
    {
        (_path, _file, _logger, Options, Clock) = (path, file, logger, options, clock);
        _buffers = [new TimelineEvent[options.BufferedEvents / 2], new TimelineEvent[options.BufferedEvents / 2]];
        Began = clock.GetTimestamp();
        _thread = new Thread(Run) { IsBackground = true, Name = "mlp-timeline" };
        _thread.Start();
    }

    /// <summary>What is written.</summary>
    public TimelineOptions Options { get; }

    /// <summary>Measures.</summary>
    public TimeProvider Clock { get; }

    /// <summary>When it began.</summary>
    public long Began { get; }

    /// <summary>When the timeline of the first rank 0 began, on this process's clock; null before clocks were aligned.</summary>
    public long? Zero { get; set; }

    /// <summary>Begins a timeline.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="owner">Whose file it is, for its name; null for the only one.</param>
    /// <param name="clock">Measures.</param>
    /// <param name="logger">Told of a disk that fails.</param>
    /// <returns>The timeline; null where there is none.</returns>
    public static TimelineFile? Open(TimelineOptions options, string? owner, TimeProvider clock, ILogger logger)
    {
        if (string.IsNullOrEmpty(options.Path))
        {
            return null;
        }

        var path = owner is null ? options.Path : Path.ChangeExtension(options.Path, $".{owner}{Path.GetExtension(options.Path)}");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return new(path, new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0), options, clock, logger);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            logger.LogWarning(e, "Training goes on without a timeline, whose file '{Path}' cannot be written", path);
            return null;
        }
    }

    /// <summary>Adds an event.</summary>
    public void Add(in TimelineEvent what)
    {
        lock (_gate)
        {
            if (_file is null)
            {
                return;
            }

            var buffer = _buffers[_filling];
            if (_count == buffer.Length)
            {
                _dropped++;
                return;
            }

            buffer[_count++] = what;
            if (_count == buffer.Length / 2)
            {
                Ask();
            }
        }
    }

    /// <summary>Adds what is no event.</summary>
    /// <param name="write">Writes it.</param>
    public void Note(Action<TimelineText> write)
    {
        lock (_gate)
        {
            _notes.Add(write);
            Ask();
        }
    }

    /// <summary>Has what there is written soon, unless something was a moment ago: to wake a thread costs the one that does it, and to run it costs a replica its processor.</summary>
    /// <param name="now">The clock's time.</param>
    public void FlushAt(long now)
    {
        lock (_gate)
        {
            if (Clock.GetElapsedTime(_flushed, now) >= Pause)
            {
                _flushed = now;
                Ask();
            }
        }
    }

    /// <summary>Writes what is left and ends the file.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isEnding = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join();
    }

    private void Ask()
    {
        _isAsked = true;
        Monitor.PulseAll(_gate);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever a timeline meets, the training goes on.")]
    private void Run()
    {
        var output = new ArrayBufferWriter<byte>(1 << 16);
        using var text = new TimelineText(output);
        try
        {
            text.Begin();
            while (WriteNext(text))
            {
                _file!.Write(output.WrittenSpan);
                output.ResetWrittenCount();
            }

            text.End(_dropped);
            _file!.Write(output.WrittenSpan);
        }
        catch (Exception e)
        {
            _logger.LogWarning(e, "Training goes on without a timeline, whose file '{Path}' can no longer be written", _path);
        }

        lock (_gate)
        {
            _file!.Dispose();
            _file = null;
        }
    }

    /// <summary>Makes text of what has come since the last time.</summary>
    /// <returns>False when all was written and nothing will come.</returns>
    private bool WriteNext(TimelineText text)
    {
        TimelineEvent[] events;
        Action<TimelineText>[] notes;
        int count;
        lock (_gate)
        {
            while (!_isAsked && !_isEnding)
            {
                Monitor.Wait(_gate);
            }

            if (_isEnding && _count == 0 && _notes.Count == 0)
            {
                return false;
            }

            (events, count, notes) = (_buffers[_filling], _count, [.. _notes]);
            (_filling, _count, _isAsked) = (1 - _filling, 0, false);
            _notes.Clear();
        }

        Array.ForEach(notes, write => write(text));
        for (var i = 0; i < count; i++)
        {
            text.Write(events[i]);
        }

        return true;
    }
}
