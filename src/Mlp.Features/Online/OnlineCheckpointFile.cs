namespace Mlp.Features.Online;

/// <summary>A file of a checkpoint.</summary>
/// <param name="Name">File name.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="XxHash128">Hash of its content, hexadecimal.</param>
internal sealed record OnlineCheckpointFile(string Name, long Length, string XxHash128);
