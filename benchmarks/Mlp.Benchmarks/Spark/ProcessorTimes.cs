using System.Globalization;

namespace Mlp.Benchmarks.Spark;

/// <summary>Processor time of a Spark server and of the workers that it has started, from <c>/proc</c>. Linux only.</summary>
/// <param name="Java">Seconds of Java.</param>
/// <param name="Workers">Seconds of all other processes below the server, and of those that have ended.</param>
internal readonly record struct ProcessorTimes(double Java, double Workers)
{
    // Linux tells them in hundredths of a second to everyone.
    private const double TicksPerSecond = 100;

    /// <summary>Reads.</summary>
    /// <param name="root">Id of the process that began the server.</param>
    public static ProcessorTimes Read(int root)
    {
        var processes = Directory.EnumerateDirectories("/proc").Where(f => char.IsAsciiDigit(Path.GetFileName(f)[0])).Select(TryRead).OfType<Line>().ToDictionary(l => l.Id);
        var (java, workers) = (0L, 0L);
        foreach (var process in processes.Values.Where(p => IsBelow(p, root, processes)))
        {
            if (process.Name == "java")
            {
                java += process.Ticks;
                workers += process.TicksOfEnded;
            }
            else
            {
                workers += process.Ticks + process.TicksOfEnded;
            }
        }

        return new ProcessorTimes(java / TicksPerSecond, workers / TicksPerSecond);
    }

    private static bool IsBelow(Line process, int root, Dictionary<int, Line> all)
    {
        for (Line? p = process; p is not null; p = all.GetValueOrDefault(p.Parent))
        {
            if (p.Id == root)
            {
                return true;
            }
        }

        return false;
    }

    private static Line? TryRead(string folder)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(folder, "stat"));
            var (open, close) = (text.IndexOf('('), text.LastIndexOf(')'));
            var numbers = text[(close + 2)..].Split(' ');
            return new Line(
                int.Parse(text[..open], CultureInfo.InvariantCulture), int.Parse(numbers[1], CultureInfo.InvariantCulture), text[(open + 1)..close], Number(11) + Number(12), Number(13) + Number(14));

            long Number(int index) => long.Parse(numbers[index], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No process, or one that has just ended.
            return null;
        }
    }

    private sealed record Line(int Id, int Parent, string Name, long Ticks, long TicksOfEnded);
}
