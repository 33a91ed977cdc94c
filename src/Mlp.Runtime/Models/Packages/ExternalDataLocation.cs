using System.Buffers;
using Mlp.Runtime.Data;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Models.Packages;

/// <summary>
/// The rule for locations of external data. They come out of files that somebody else wrote and become paths, so what is let through names a file below a folder on every
/// operating system, and only one.
/// </summary>
internal static class ExternalDataLocation
{
    private const int MaximumLength = 240;

    private static readonly SearchValues<char> Forbidden = SearchValues.Create("\\:*?\"<>|");

    /// <summary>Why a location is refused, to follow "expected a path within the model's folder, but"; null when it is a good one.</summary>
    /// <param name="location">The location.</param>
    public static string? FindProblem(string location)
    {
        if (location.Length is 0 or > MaximumLength)
        {
            return FormattableString.Invariant($"found one of {location.Length} characters (1 to {MaximumLength} are allowed)");
        }

        if (location[0] == '/')
        {
            return $"found the absolute path '{location}'";
        }

        if (location.AsSpan().ContainsAny(Forbidden) || location.Any(c => char.IsControl(c) || char.IsSurrogate(c)) || !location.IsNormalized())
        {
            return "found one with characters that not every file system has in names";
        }

        foreach (var segment in location.Split('/'))
        {
            if (segment is "." or "..")
            {
                return $"'{location}' leaves it or walks in place";
            }

            if (segment.Length == 0 || segment[^1] is '.' or ' ' || segment[0] == ' ' || PlatformName.IsDevice(segment.ToLowerInvariant()) || DurableFile.IsTemporary(segment))
            {
                return $"'{location}' has a part that is no name of a file everywhere";
            }
        }

        return null;
    }

    /// <summary>Why locations cannot stand beside each other: equal but for upper and lower case, or one is the folder of another; null when they can.</summary>
    /// <param name="locations">Good locations.</param>
    public static string? FindConflict(IEnumerable<string> locations)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var folders = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var location in locations)
        {
            if (!seen.Add(location))
            {
                return $"'{location}' occurs twice (upper and lower case are the same)";
            }

            for (var end = location.IndexOf('/', StringComparison.Ordinal); end >= 0; end = location.IndexOf('/', end + 1))
            {
                folders.Add(location[..end]);
            }
        }

        return seen.FirstOrDefault(folders.Contains) is { } both ? $"'{both}' is a file and a folder" : null;
    }
}
