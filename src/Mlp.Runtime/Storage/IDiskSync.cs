using Microsoft.Win32.SafeHandles;

namespace Mlp.Runtime.Storage;

/// <summary>
/// The one door to durability: what was written is on the device only after it went through here. Everything else is plain file access,
/// so that files written by native engines are treated alike, and so that a test can stand in and lose what was not synced.
/// </summary>
/// <remarks>Implementations are safe to use from many threads.</remarks>
internal interface IDiskSync
{
    /// <summary>Returns when the content of an open file is on the device.</summary>
    /// <param name="handle">The open file.</param>
    /// <param name="path">The path it was opened by, for messages.</param>
    /// <exception cref="IOException">The device refused. What was written since the last success must be taken as lost.</exception>
    void SyncFile(SafeFileHandle handle, string path);

    /// <summary>Returns when the content of a closed file is on the device.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="IOException">The file is absent or the device refused.</exception>
    void SyncFile(string path);

    /// <summary>Returns when the entries of a directory (files created, renamed, removed) are on the device.</summary>
    /// <param name="path">Path of the directory.</param>
    /// <exception cref="IOException">The directory is absent or the device refused.</exception>
    void SyncDirectory(string path);
}
