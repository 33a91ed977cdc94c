using System.IO.Hashing;

namespace Mlp.Runtime.Storage;

/// <summary>The hash by which files are known again.</summary>
internal static class FileHash
{
    /// <summary>Hash of a file's content.</summary>
    /// <param name="path">Path of the file.</param>
    /// <returns>XxHash128, 32 lower-case hexadecimal digits.</returns>
    public static string Of(string path)
    {
        var hash = new XxHash128();
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20, FileOptions.SequentialScan);
        hash.Append(stream);
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}
