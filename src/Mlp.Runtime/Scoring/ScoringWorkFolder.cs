using System.Globalization;
using System.Text.Json;
using Mlp.Runtime.Storage;

namespace Mlp.Runtime.Scoring;

/// <summary>
/// The folder beside an output in which it comes into being: what is scored, and parts, each durable before it has its name. One process at a time holds it, by a lock that ends with the process.
/// </summary>
internal sealed class ScoringWorkFolder : IDisposable
{
    private const string PartPrefix = "part-";
    private const string JobName = "job.json";
    private const string FinishedName = "finished.json";

    private readonly IDiskSync _disk;
    private readonly string _output;
    private readonly FileStream _lock;

    private ScoringWorkFolder(IDiskSync disk, string output, string path, FileStream @lock)
    {
        _disk = disk;
        _output = output;
        FullName = path;
        _lock = @lock;
    }

    /// <summary>Full path.</summary>
    public string FullName { get; }

    /// <summary>Where the folder of an output is.</summary>
    /// <param name="output">Full path of the output.</param>
    public static string PathOf(string output) => Path.Combine(Path.GetDirectoryName(output)!, $".{Path.GetFileName(output)}.scoring");

    /// <summary>Takes the folder.</summary>
    /// <param name="disk">Where durability comes from.</param>
    /// <param name="output">Full path of the output.</param>
    /// <exception cref="FileScoringException">Another process has it, there is no folder to write the output to, or it cannot be written to.</exception>
    public static ScoringWorkFolder Open(IDiskSync disk, string output)
    {
        var directory = Path.GetDirectoryName(output)!;
        if (!Directory.Exists(directory))
        {
            throw new FileScoringException(output, $"Expected a folder '{directory}' to write the output to, but found none.");
        }

        var path = PathOf(output);
        try
        {
            DurableFile.CreateDirectories(disk, path);
            return new ScoringWorkFolder(disk, output, path, ExclusiveFile.Open(Path.Combine(path, "lock")));
        }
        catch (IOException e) when (ExclusiveFile.IsHeldElsewhere(e))
        {
            throw new FileScoringException(output, $"Expected to be alone in writing '{output}', but somebody else is: the folder '{path}' is locked.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FileScoringException(output, $"Expected to write the output '{output}' beside a folder '{path}' for its parts, but: {e.Message}", e);
        }
    }

    /// <summary>Reads what the folder is for; null if it is new.</summary>
    /// <exception cref="CorruptFileException">The description cannot be read.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public ScoringJob? FindJob()
    {
        var path = Path.Combine(FullName, JobName);
        return File.Exists(path)
            ? VersionedJson.Read(File.ReadAllBytes(path), path, ScoringJob.FormatName, ScoringJob.CurrentFormatVersion, ScoringJobJsonContext.Default.ScoringJob)
            : null;
    }

    /// <summary>Says what the folder is for.</summary>
    /// <param name="job">The job.</param>
    public void Begin(ScoringJob job)
        => DurableFile.WriteExclusive(_disk, Path.Combine(FullName, JobName), JsonSerializer.SerializeToUtf8Bytes(job, ScoringJobJsonContext.Default.ScoringJob));

    /// <summary>The parts that follow one another from the first row, and the number of their rows.</summary>
    public (IReadOnlyList<string> Paths, long RowCount) FindParts()
    {
        var parts = new SortedDictionary<long, (string Path, long RowCount)>();
        foreach (var path in Directory.EnumerateFiles(FullName, PartPrefix + "*"))
        {
            var fields = Path.GetFileNameWithoutExtension(path).Split('-');
            parts.Add(long.Parse(fields[1], CultureInfo.InvariantCulture), (path, long.Parse(fields[2], CultureInfo.InvariantCulture)));
        }

        var paths = new List<string>();
        var rows = 0L;
        foreach (var (first, part) in parts.Where(p => p.Key == rows || p.Value.RowCount > 0))
        {
            if (first != rows)
            {
                break;
            }

            paths.Add(part.Path);
            rows += part.RowCount;
        }

        return (paths, rows);
    }

    /// <summary>A name for something unfinished.</summary>
    /// <param name="extension">How it ends.</param>
    public string TemporaryPath(string extension) => DurableFile.TemporaryPath(FullName) + extension;

    /// <summary>Gives a finished part its name.</summary>
    /// <param name="staged">The file.</param>
    /// <param name="firstRow">Its first row.</param>
    /// <param name="rowCount">Its rows.</param>
    public void PublishPart(string staged, long firstRow, long rowCount)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{PartPrefix}{firstRow:D12}-{rowCount}{Path.GetExtension(staged)}");
        if (!DurableFile.PublishFile(_disk, staged, Path.Combine(FullName, name)))
        {
            throw new FileScoringException(_output, $"Expected to write the part '{name}' of '{_output}', but it is there already.");
        }
    }

    /// <summary>Gives the finished output its name.</summary>
    /// <param name="staged">The file.</param>
    /// <exception cref="FileScoringException">The name has been taken meanwhile.</exception>
    public void PublishOutput(string staged)
    {
        var mark = new FinishedOutput { ByteCount = new FileInfo(staged).Length };
        DurableFile.Replace(_disk, Path.Combine(FullName, FinishedName), JsonSerializer.SerializeToUtf8Bytes(mark, ScoringJobJsonContext.Default.FinishedOutput));
        if (!DurableFile.PublishFile(_disk, staged, _output))
        {
            throw Exists(_output);
        }
    }

    /// <summary>Whether a file of the output's name is the one that this folder was about to publish.</summary>
    /// <param name="byteCount">Its size.</param>
    /// <exception cref="CorruptFileException">The mark cannot be read.</exception>
    /// <exception cref="UnsupportedFormatVersionException">A newer version of the platform wrote it.</exception>
    public bool IsOutput(long byteCount)
    {
        var path = Path.Combine(FullName, FinishedName);
        return File.Exists(path)
            && VersionedJson.Read(File.ReadAllBytes(path), path, FinishedOutput.FormatName, FinishedOutput.CurrentFormatVersion, ScoringJobJsonContext.Default.FinishedOutput).ByteCount == byteCount;
    }

    /// <summary>The exception for an output that exists.</summary>
    /// <param name="output">Full path of the output.</param>
    public static FileScoringException Exists(string output) => new(output, $"Expected '{output}' not to exist, but it does; nothing is overwritten.");

    /// <summary>
    /// Removes the folder, whose output is there. The job goes first and the mark last, so that a folder which a kill leaves half removed is neither gone on with nor taken for that of somebody else's output.
    /// </summary>
    public void Delete()
    {
        _lock.Dispose();
        File.Delete(Path.Combine(FullName, JobName));
        foreach (var path in Directory.EnumerateFiles(FullName, PartPrefix + "*"))
        {
            File.Delete(path);
        }

        Directory.Delete(FullName, recursive: true);
    }

    /// <summary>Removes the folder if it has no part.</summary>
    public void DeleteIfEmpty()
    {
        if (Directory.Exists(FullName) && !Directory.EnumerateFiles(FullName, PartPrefix + "*").Any())
        {
            Delete();
        }
    }

    /// <summary>Removes what an earlier run had not finished. Where there is no job, that is everything: a kill has left the folder half removed, and its output was taken away since.</summary>
    public void DeleteLeftovers()
    {
        var hasJob = File.Exists(Path.Combine(FullName, JobName));
        foreach (var path in Directory.EnumerateFiles(FullName).Where(p => DurableFile.IsTemporary(p) || (!hasJob && IsOfJob(Path.GetFileName(p)))))
        {
            File.Delete(path);
        }

        foreach (var path in Directory.EnumerateDirectories(FullName))
        {
            Directory.Delete(path, recursive: true);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static bool IsOfJob(string name) => name == FinishedName || name.StartsWith(PartPrefix, StringComparison.Ordinal);
}
