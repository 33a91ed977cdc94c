namespace Mlp.Runtime.Models.Packages;

/// <summary>A file in a zip archive without compression.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Length">Its size in bytes.</param>
/// <param name="Checksum">CRC-32 of its content.</param>
/// <param name="Offset">Where its header begins.</param>
internal readonly record struct StoredZipEntry(string Name, long Length, uint Checksum, long Offset);
