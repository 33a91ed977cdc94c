using Quickstart.Data;

namespace Quickstart.Stages;

/// <summary>A note in the data directory that says which trips it was filled from: the features of two streams must not mix.</summary>
internal static class SourceMark
{
    public static void Check(string dataDirectory, TripSource source)
    {
        var path = PathOf(dataDirectory);
        if (File.Exists(path) && File.ReadAllText(path).Trim() is var found && found != source.BatchId)
        {
            throw new InvalidDataException(
                $"Expected a data directory filled from '{source.BatchId}', but '{Path.GetFullPath(dataDirectory)}' was filled from '{found}'. Choose another one by --data-directory, or remove it.");
        }
    }

    public static void Write(string dataDirectory, TripSource source) => File.WriteAllText(PathOf(dataDirectory), source.BatchId);

    private static string PathOf(string dataDirectory) => Path.Combine(dataDirectory, "quickstart-source.txt");
}
