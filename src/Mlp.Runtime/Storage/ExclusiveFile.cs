namespace Mlp.Runtime.Storage;

/// <summary>A file as a lock of one process: the operating system's (<c>flock</c> on Unix, a share mode on Windows), freed also by kill -9; the file's existence says nothing.</summary>
internal static class ExclusiveFile
{
    private const int SharingViolation = 32;

    private static readonly int WouldBlock = OperatingSystem.IsMacOS() ? 35 : 11;

    /// <summary>Takes the lock, and makes the file if there is none.</summary>
    /// <param name="path">Path of the file; its directory exists.</param>
    /// <returns>The lock, until it is disposed of.</returns>
    /// <exception cref="IOException">Somebody else has it (<see cref="IsHeldElsewhere"/>), or the file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static FileStream Open(string path) => new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);

    /// <summary>Whether a lock could not be taken because somebody else has it.</summary>
    /// <param name="e">What taking it threw.</param>
    public static bool IsHeldElsewhere(IOException e) => (e.HResult & 0xFFFF) == (OperatingSystem.IsWindows() ? SharingViolation : WouldBlock);
}
