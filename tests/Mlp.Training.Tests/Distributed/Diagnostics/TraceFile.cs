using System.Text.Json;

namespace Mlp.Training.Tests.Distributed.Diagnostics;

/// <summary>A timeline, read as Chrome reads it.</summary>
internal sealed class TraceFile
{
    private TraceFile(IEnumerable<JsonElement> lines)
    {
        foreach (var line in lines)
        {
            var arguments = line.GetProperty("args");
            var (rank, thread) = (line.GetProperty("pid").GetInt32(), line.GetProperty("tid").GetInt32());
            if (line.GetProperty("ph").GetString() == "M")
            {
                Metadata.Add((line.GetProperty("name").GetString()!, rank, arguments.EnumerateObject().Single().Value.ToString()));
                continue;
            }

            // In nanoseconds, so that sums are exact.
            var begin = (long)decimal.Round(line.GetProperty("ts").GetDecimal() * 1000);
            var length = line.TryGetProperty("dur", out var duration) ? (long)decimal.Round(duration.GetDecimal() * 1000) : 0;
            Events.Add(new(
                line.GetProperty("name").GetString()!, rank, thread, begin, begin + length, Number(arguments, "step") ?? 0, Number(arguments, "bucket"), Number(arguments, "last_rank"),
                arguments.TryGetProperty("of", out var of) ? of.GetString() : null));
        }
    }

    public List<TraceEvent> Events { get; } = [];

    public List<(string Name, int Rank, string Value)> Metadata { get; } = [];

    /// <summary>Reads a whole file.</summary>
    public static TraceFile Read(string path)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(path));
        return new(json.RootElement.EnumerateArray());
    }

    /// <summary>Reads a file whose writer was killed: the format allows that the bracket is missing, and the comma before it to be there.</summary>
    public static TraceFile ReadOpen(string path)
    {
        var text = File.ReadAllText(path);
        using var json = JsonDocument.Parse(text[..(text.LastIndexOf(",\n", StringComparison.Ordinal))] + "]");
        return new(json.RootElement.EnumerateArray());
    }

    /// <summary>Asserts that of two events of one thread one holds the other, or they share no time.</summary>
    public void CheckNesting()
    {
        foreach (var thread in Events.Where(e => e.End > e.Begin).GroupBy(e => (e.Rank, e.Thread)))
        {
            var open = new Stack<TraceEvent>();
            foreach (var next in thread.OrderBy(e => e.Begin).ThenByDescending(e => e.End))
            {
                while (open.TryPeek(out var last) && last.End <= next.Begin)
                {
                    open.Pop();
                }

                Assert.True(!open.TryPeek(out var outer) || next.End <= outer.End, $"{next} ends after {(open.Count > 0 ? open.Peek() : null)}");
                open.Push(next);
            }
        }
    }

    private static int? Number(JsonElement arguments, string name) => arguments.TryGetProperty(name, out var value) ? value.GetInt32() : null;

    internal sealed record TraceEvent(string Name, int Rank, int Thread, long Begin, long End, int Step, int? Bucket, int? LastRank, string? Of);
}
