namespace Mlp.TestSupport.Interop;

/// <summary>What stays the same when a file or directory is renamed.</summary>
/// <param name="Number">Inode number.</param>
/// <param name="IsDirectory">Whether it is a directory.</param>
internal readonly record struct InodeIdentity(ulong Number, bool IsDirectory);
