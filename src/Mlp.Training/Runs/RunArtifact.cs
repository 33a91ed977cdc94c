using Mlp.Runtime;
using Mlp.Runtime.Models;

namespace Mlp.Training.Runs;

/// <summary>A file that a run has kept.</summary>
/// <param name="Name">Its name within the run; parts are separated by '/'.</param>
/// <param name="Path">Full path of the file.</param>
/// <param name="Sha256">SHA-256 of its content when it was logged, 64 lower-case hexadecimal digits.</param>
/// <param name="ByteCount">Its size in bytes.</param>
public sealed record RunArtifact(string Name, string Path, string Sha256, long ByteCount)
{
    /// <summary>Checks that the file holds what was logged.</summary>
    /// <param name="cancellationToken">Ends reading.</param>
    /// <exception cref="CorruptFileException">The file is missing or holds something else.</exception>
    public async Task VerifyAsync(CancellationToken cancellationToken = default)
    {
        string found;
        try
        {
            found = await ContentHash.OfFileAsync(Path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CorruptFileException(Path, $"Expected the artifact '{Name}' at '{Path}', but found no file.", innerException: e);
        }

        if (found != Sha256)
        {
            throw new CorruptFileException(Path, $"Expected the artifact '{Name}' at '{Path}' to have SHA-256 {Sha256}, but found {found}.");
        }
    }
}
