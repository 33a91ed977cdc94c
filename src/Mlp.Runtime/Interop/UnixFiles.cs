using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Mlp.Runtime.Interop;

/// <summary>The file operations of POSIX that the BCL does not offer: a handle on a directory, and a publish that never overwrites.</summary>
[UnsupportedOSPlatform("windows")]
internal static partial class UnixFiles
{
    private const int NotPermitted = 1;
    private const int NotFound = 2;
    private const int AccessDenied = 13;
    private const int FileExists = 17;
    private const int TooManyLinks = 31;
    private const int NotImplemented = 38;
    private const int NotSupported = 95;
    private const int NotSupportedOnMac = 45;

    private const int CloseOnExecLinux = 0x80000;
    private const int CloseOnExecMac = 0x1000000;
    private const int CurrentDirectory = -100;
    private const uint RenameNoReplace = 1;

    /// <summary>Opens a directory for reading, so that it can be flushed. <see cref="File.OpenHandle"/> refuses directories.</summary>
    /// <param name="path">Path of the directory.</param>
    /// <exception cref="DirectoryNotFoundException">The directory does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be read.</exception>
    /// <exception cref="IOException">The directory cannot be opened for another reason.</exception>
    internal static SafeFileHandle OpenDirectory(string path)
    {
        var descriptor = Open(path, OperatingSystem.IsMacOS() ? CloseOnExecMac : CloseOnExecLinux);
        if (descriptor < 0)
        {
            throw Failure("open the directory", path, Marshal.GetLastPInvokeError());
        }

        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Gives a file a second name if that name is free: of several racing callers exactly one succeeds.</summary>
    /// <param name="existing">Path of the file.</param>
    /// <param name="name">The second path, on the same file system.</param>
    /// <returns>What happened; <see cref="LinkResult.Unsupported"/> where the file system has no hard links.</returns>
    /// <exception cref="IOException">The link failed for another reason than that the name is taken.</exception>
    internal static LinkResult TryLink(string existing, string name)
    {
        if (Link(existing, name) == 0)
        {
            return LinkResult.Linked;
        }

        var error = Marshal.GetLastPInvokeError();
        return error switch
        {
            FileExists => LinkResult.NameTaken,
            NotPermitted or TooManyLinks or NotImplemented or NotSupported or NotSupportedOnMac => LinkResult.Unsupported,
            _ => throw Failure("publish the file", name, error),
        };
    }

    /// <summary>Renames without overwriting: the way out on Linux file systems that have no hard links (FAT, some network mounts).</summary>
    /// <param name="source">The path to rename.</param>
    /// <param name="target">The new path, on the same file system.</param>
    /// <returns>False when the new path exists.</returns>
    /// <exception cref="IOException">The rename failed for another reason, for example because the kernel or file system lacks it.</exception>
    [SupportedOSPlatform("linux")]
    internal static bool TryRenameExclusive(string source, string target)
    {
        if (RenameAt2(CurrentDirectory, source, CurrentDirectory, target, RenameNoReplace) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == FileExists ? false : throw Failure("publish the file", target, error);
    }

    private static Exception Failure(string operation, string path, int error)
    {
        var message = $"Could not {operation} '{path}': {new Win32Exception(error).Message}.";
        return error switch
        {
            NotFound => new DirectoryNotFoundException(message),
            AccessDenied or NotPermitted => new UnauthorizedAccessException(message),
            _ => new IOException(message),
        };
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int sourceDirectory, string source, int targetDirectory, string target, uint flags);
}
