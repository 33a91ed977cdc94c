using System.Text.Json;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>Files of timelines.</summary>
public static class Timeline
{
    /// <summary>Puts the timelines of the ranks of one training together, also of ranks that were killed while they wrote. Their times fit already.</summary>
    /// <param name="parts">The files, one per rank.</param>
    /// <param name="path">The file to make; one of that name is replaced.</param>
    /// <returns>How many lines were left out because they were incomplete: the last one of a rank that was killed.</returns>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static int Merge(IReadOnlyCollection<string> parts, string path)
    {
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentException.ThrowIfNullOrEmpty(path);
        var incomplete = 0;
        using var output = new StreamWriter(path);
        output.Write('[');
        var separator = "\n";
        foreach (var part in parts)
        {
            foreach (var line in File.ReadLines(part).Select(l => l.TrimEnd(',')).Where(l => l is not ("[" or "]" or "")))
            {
                if (!IsWhole(line))
                {
                    incomplete++;
                    continue;
                }

                output.Write(separator);
                output.Write(line);
                separator = ",\n";
            }
        }

        output.Write("\n]\n");
        return incomplete;
    }

    private static bool IsWhole(string line)
    {
        try
        {
            using var _ = JsonDocument.Parse(line);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
