using System.Globalization;

namespace Mlp.Training.Sampling;

/// <summary>A file as it was when a training set was opened over it.</summary>
/// <param name="Path">Full path.</param>
/// <param name="Target">Full path of the file itself: where the path is a symbolic link, the end of it.</param>
/// <param name="Length">Bytes.</param>
/// <param name="WrittenAt">When it was written to last, UTC.</param>
internal sealed record FileStamp(string Path, string Target, long Length, DateTime WrittenAt)
{
    /// <summary>Looks at files.</summary>
    /// <param name="files">Their paths.</param>
    /// <param name="format">What they are, for messages.</param>
    /// <exception cref="ArgumentException">There is no file.</exception>
    /// <exception cref="FileNotFoundException">A file does not exist.</exception>
    public static FileStamp[] Of(IReadOnlyList<string> files, string format)
    {
        ArgumentNullException.ThrowIfNull(files);
        return files.Count > 0
            ? [.. files.Select(f => Of(System.IO.Path.GetFullPath(f), format))]
            : throw new ArgumentException($"Expected at least one {format} file, but found none.", nameof(files));
    }

    /// <summary>Checks that the file is still the one that the set was opened over, as far as its length and time tell.</summary>
    /// <exception cref="TrainingDataException">It is not.</exception>
    public void ThrowIfChanged()
    {
        var now = FileAt(Path);
        if (!now.Exists)
        {
            throw new TrainingDataException($"Expected '{Path}' as it was when the training set was opened, but it is gone.");
        }

        if (now.FullName != Target || now.Length != Length || now.LastWriteTimeUtc != WrittenAt)
        {
            throw new TrainingDataException(string.Create(
                CultureInfo.InvariantCulture,
                $"Expected '{Path}' as it was when the training set was opened ({Length} bytes, written at {WrittenAt:O}), but it {(now.FullName == Target ? "has changed" : "leads to another file")} since ({now.Length} bytes, written at {now.LastWriteTimeUtc:O}): open the set anew."));
        }
    }

    private static FileStamp Of(string path, string format)
    {
        var info = FileAt(path);
        if (info.Exists)
        {
            return new(path, info.FullName, info.Length, info.LastWriteTimeUtc);
        }

        var advice = path.AsSpan().ContainsAny('*', '?') ? ": patterns are not taken, name each file" : string.Empty;
        throw new FileNotFoundException($"Expected a {format} file at '{path}', but found none{advice}.", path);
    }

    // The length and the time of a symbolic link are its own, not those of the file that is read.
    private static FileInfo FileAt(string path)
    {
        var file = new FileInfo(path);
        return file.Exists && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target : file;
    }
}
