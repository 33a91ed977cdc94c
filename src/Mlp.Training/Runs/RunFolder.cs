using System.Globalization;
using Mlp.Runtime.Storage;

namespace Mlp.Training.Runs;

/// <summary>
/// Where a run keeps what: <c>runs/EXPERIMENT/NAME/</c> holds <c>run.json</c>, segments <c>0001.mlplog</c> and so on, and <c>artifacts/</c>. The lock of a run that is being written is
/// <c>runs/EXPERIMENT/.locks/ID</c>.
/// </summary>
/// <param name="path">Full path of the folder.</param>
internal sealed class RunFolder(string path)
{
    private const string SegmentExtension = ".mlplog";

    /// <summary>Full path of the folder.</summary>
    public string Path { get; } = path;

    /// <summary>The description.</summary>
    public string Header => System.IO.Path.Combine(Path, "run.json");

    /// <summary>The folder of files that were kept.</summary>
    public string Artifacts => System.IO.Path.Combine(Path, "artifacts");

    /// <summary>Path of a lock.</summary>
    public static string Lock(string experimentFolder, string id) => System.IO.Path.Combine(LockFolder(experimentFolder), id);

    /// <summary>The folder of locks.</summary>
    public static string LockFolder(string experimentFolder) => System.IO.Path.Combine(experimentFolder, ".locks");

    /// <summary>Path of a file that was kept.</summary>
    public string Artifact(string name) => System.IO.Path.Combine([Artifacts, .. name.Split('/')]);

    /// <summary>Path of a segment.</summary>
    public string Segment(int number) => System.IO.Path.Combine(Path, number.ToString("D4", CultureInfo.InvariantCulture) + SegmentExtension);

    /// <summary>The greatest number of a segment; 0 without segments.</summary>
    public int LastSegment() => Segments().Select(p => int.TryParse(System.IO.Path.GetFileNameWithoutExtension(p), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).DefaultIfEmpty().Max();

    /// <summary>Paths of the segments in the order in which they were written.</summary>
    public IEnumerable<string> Segments()
        => Directory.EnumerateFiles(Path, "*" + SegmentExtension).Where(p => !DurableFile.IsTemporary(p)).OrderBy(p => p.Length).ThenBy(p => p, StringComparer.Ordinal);
}
