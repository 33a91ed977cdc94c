using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mlp.TestSupport.Interop;

/// <summary>Looks at files below their names, on Linux.</summary>
internal static unsafe partial class Inodes
{
    private const int CurrentDirectory = -100;
    private const int EmptyPath = 0x1000;
    private const int NoFollow = 0x100;
    private const int Follow = 0x400;
    private const int CloseOnExec = 0x80000;
    private const uint ModeAndInode = 0x1 | 0x100;
    private const int ModeOffset = 28;
    private const int InodeOffset = 32;
    private const int StatLength = 256;
    private const int TypeMask = 0xF000;
    private const int DirectoryType = 0x4000;

    /// <summary>Opens a file or directory for reading without the locks that the BCL takes.</summary>
    /// <param name="path">Its path.</param>
    /// <returns>Null when there is nothing of that name.</returns>
    internal static SafeFileHandle? TryOpen(string path)
    {
        var descriptor = Open(path, CloseOnExec);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Opens once more, for reading, what a handle has open.</summary>
    /// <param name="handle">An open file, perhaps for writing only, perhaps renamed since.</param>
    internal static SafeFileHandle Reopen(SafeFileHandle handle) =>
        TryOpen(DescriptorPath(handle)) ?? throw new IOException($"The open file behind descriptor {handle.DangerousGetHandle()} cannot be read.");

    /// <summary>The identity of what a path names; a link is not followed.</summary>
    /// <param name="path">The path.</param>
    /// <returns>Null when there is nothing of that name.</returns>
    internal static InodeIdentity? TryIdentify(string path) => Identify(CurrentDirectory, path, NoFollow);

    /// <summary>The identity of an open file or directory.</summary>
    /// <param name="handle">The handle.</param>
    internal static InodeIdentity Identify(SafeFileHandle handle) =>
        Identify((int)handle.DangerousGetHandle(), string.Empty, EmptyPath) ?? throw new IOException("An open file has no identity.");

    /// <summary>Gives an open file one more name, so that its inode stays when its other names go.</summary>
    /// <param name="handle">The open file.</param>
    /// <param name="name">The name.</param>
    /// <returns>False when the file has no name left or the name is taken.</returns>
    internal static bool TryName(SafeFileHandle handle, string name) =>
        LinkAt(CurrentDirectory, DescriptorPath(handle), CurrentDirectory, name, Follow) == 0;

    private static string DescriptorPath(SafeFileHandle handle) => FormattableString.Invariant($"/proc/self/fd/{(int)handle.DangerousGetHandle()}");

    private static InodeIdentity? Identify(int directory, string path, int flags)
    {
        Span<byte> stat = stackalloc byte[StatLength];
        fixed (byte* pointer = stat)
        {
            if (Statx(directory, path, flags, ModeAndInode, pointer) != 0)
            {
                return null;
            }
        }

        var mode = BinaryPrimitives.ReadUInt16LittleEndian(stat[ModeOffset..]);
        return new InodeIdentity(BinaryPrimitives.ReadUInt64LittleEndian(stat[InodeOffset..]), (mode & TypeMask) == DirectoryType);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, byte* result);

    [LibraryImport("libc", EntryPoint = "linkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LinkAt(int sourceDirectory, string source, int targetDirectory, string target, int flags);
}
