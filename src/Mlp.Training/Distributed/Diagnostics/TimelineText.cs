using System.Buffers;
using System.Text.Json;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>Writes events in the JSON array format of Chrome's trace viewer, a line each with a comma behind it, so that a file that ends anywhere can still be read.</summary>
internal sealed class TimelineText : IDisposable
{
    private const double NanosecondsPerMicrosecond = 1000;

    private readonly Utf8JsonWriter _json;
    private int? _lowestRank;

    /// <summary>Writes to a buffer.</summary>
    /// <param name="output">The buffer.</param>
    public TimelineText(IBufferWriter<byte> output)
    {
        Output = output;
        _json = new(output);
    }

    /// <summary>Where the text goes.</summary>
    public IBufferWriter<byte> Output { get; }

    /// <summary>Writes the bracket that begins the array.</summary>
    public void Begin() => Output.Write("[\n"u8);

    /// <summary>Writes what ends the array: an event of its own, since a comma stands before it.</summary>
    /// <param name="dropped">Events that were left out.</param>
    public void End(long dropped)
    {
        Metadata(_lowestRank ?? 0, "dropped_events", "count", dropped, isLast: true);
        Output.Write("\n]\n"u8);
    }

    /// <summary>Writes an event.</summary>
    public void Write(in TimelineEvent what)
    {
        _json.WriteStartObject();
        _json.WriteString("name"u8, what.Name);
        _json.WriteString("ph"u8, what.End > what.Begin ? "X"u8 : "i"u8);
        _json.WriteNumber("ts"u8, what.Begin / NanosecondsPerMicrosecond);
        if (what.End > what.Begin)
        {
            _json.WriteNumber("dur"u8, (what.End - what.Begin) / NanosecondsPerMicrosecond);
        }
        else
        {
            _json.WriteString("s"u8, "t"u8);
        }

        _json.WriteNumber("pid"u8, what.Rank);
        _json.WriteNumber("tid"u8, what.IsCommunication ? 1 : 0);
        WriteArguments(what);
        EndLine(isLast: false);
    }

    /// <summary>Names a rank and its threads.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="name">What it is called.</param>
    public void Name(int rank, string name)
    {
        _lowestRank = Math.Min(rank, _lowestRank ?? rank);
        Metadata(rank, "process_name", "name", name);
        Metadata(rank, "process_sort_index", "sort_index", rank);
        Metadata(rank, "thread_name", "name", "training");
        Metadata(rank, "thread_name", "name", "communication", thread: 1);
    }

    /// <summary>Says how far a rank's times may be from those of rank 0.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="error">In nanoseconds.</param>
    public void ClockError(int rank, long error) => Metadata(rank, "clock_error", "microseconds", error / NanosecondsPerMicrosecond);

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private void WriteArguments(in TimelineEvent what)
    {
        _json.WriteStartObject("args"u8);
        if (what.Step > 0)
        {
            _json.WriteNumber("step"u8, what.Step);
        }

        if (what.Bucket >= 0)
        {
            _json.WriteNumber("bucket"u8, what.Bucket);
        }

        if (what.Subject is not null)
        {
            _json.WriteString("of"u8, what.Subject);
        }

        if (what.ByteCount >= 0)
        {
            _json.WriteNumber("bytes"u8, what.ByteCount);
        }

        if (what.LastRank >= 0)
        {
            _json.WriteNumber("last_rank"u8, what.LastRank);
        }

        _json.WriteEndObject();
    }

    private void Metadata<T>(int rank, string what, string argument, T value, int thread = 0, bool isLast = false)
    {
        _json.WriteStartObject();
        _json.WriteString("name"u8, what);
        _json.WriteString("ph"u8, "M"u8);
        _json.WriteNumber("pid"u8, rank);
        _json.WriteNumber("tid"u8, thread);
        _json.WriteStartObject("args"u8);
        _json.WritePropertyName(argument);
        JsonSerializer.Serialize(_json, value);
        _json.WriteEndObject();
        EndLine(isLast);
    }

    private void EndLine(bool isLast)
    {
        _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
        if (!isLast)
        {
            Output.Write(",\n"u8);
        }
    }
}
