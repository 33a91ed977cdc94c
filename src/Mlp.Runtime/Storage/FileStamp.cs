namespace Mlp.Runtime.Storage;

/// <summary>What of a file shows, without reading it, that it has changed. Immutable.</summary>
/// <param name="Length">Bytes; -1 where there is no file.</param>
/// <param name="ModifiedAt">When it was last written, UTC.</param>
internal readonly record struct FileStamp(long Length, DateTime ModifiedAt)
{
    /// <summary>Looks at a file.</summary>
    /// <param name="path">Its path; it need not exist.</param>
    public static FileStamp Of(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? new FileStamp(file.Length, file.LastWriteTimeUtc) : new FileStamp(-1, default);
    }
}
