using System.Text.Json;

namespace Mlp.Training.Distributed.Diagnostics;

/// <summary>Files of timelines.</summary>
public static class Timeline
{
    /// <summary>
    /// Puts the timelines of the ranks of one training together, also of ranks that were killed while they wrote. Their times fit already. The file appears when it is whole: what fails leaves what stood there as it was.
    /// </summary>
    /// <param name="parts">The files, one per rank.</param>
    /// <param name="path">The file to make, none of the parts; its folder is made, and one of that name is replaced.</param>
    /// <returns>How many lines were left out because they were incomplete: the last one of a rank that was killed.</returns>
    /// <exception cref="ArgumentException">The file to make is one of the parts.</exception>
    /// <exception cref="InvalidDataException">A part is no timeline.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static int Merge(IReadOnlyCollection<string> parts, string path)
    {
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentException.ThrowIfNullOrEmpty(path);
        var target = Path.GetFullPath(path);
        if (parts.FirstOrDefault(p => Path.GetFullPath(p) == target) is { } same)
        {
            throw new ArgumentException($"Expected a file that is none of the parts, but found '{same}', which is one.", nameof(path));
        }

        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            int incomplete;
            using (var output = new StreamWriter(temporary))
            {
                incomplete = Write(parts, output);
            }

            File.Move(temporary, target, overwrite: true);
            return incomplete;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static int Write(IEnumerable<string> parts, StreamWriter output)
    {
        var (incomplete, separator) = (0, "\n");
        output.Write('[');
        foreach (var part in parts)
        {
            var isFirst = true;
            foreach (var line in File.ReadLines(part).Select(l => l.TrimEnd(',')))
            {
                if (isFirst && line != "[")
                {
                    throw new InvalidDataException($"Expected a timeline, whose first line is '[', but found '{line[..Math.Min(line.Length, 40)]}' in '{part}'.");
                }

                isFirst = false;
                if (line is "[" or "]" or "")
                {
                    continue;
                }

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
