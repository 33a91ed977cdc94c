using Quickstart.Data;

namespace Quickstart.Stages;

/// <summary>A note in the data directory that says which trips it was filled from: the features of two streams must not mix.</summary>
internal static class SourceMark
{
    public static void Check(string dataDirectory, TripSource source)
    {
        var path = PathOf(dataDirectory);
        if (File.Exists(path) && File.ReadAllLines(path) is var found && found.FirstOrDefault()?.Trim() != source.BatchId)
        {
            // The second line says in words what the first one, a hash, cannot.
            var other = found.ElementAtOrDefault(1) is { Length: > 0 } name ? $"{name} ({found[0]})" : $"'{found.FirstOrDefault()}'";
            throw new InvalidDataException(
                $"Expected a data directory filled from {source.Name} ({source.BatchId}), but '{Path.GetFullPath(dataDirectory)}' was filled from {other}. Choose another one by --data-directory, or remove it.");
        }
    }

    public static void Write(string dataDirectory, TripSource source) => File.WriteAllText(PathOf(dataDirectory), $"{source.BatchId}\n{source.Name}\n");

    private static string PathOf(string dataDirectory) => Path.Combine(dataDirectory, "quickstart-source.txt");
}
