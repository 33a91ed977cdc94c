namespace Mlp.Spark.Commands;

/// <summary>A file that every executor sees. Immutable.</summary>
/// <param name="Path">An absolute POSIX path, or a path relative to the folder in which Spark unpacks what a session ships, for example <c>big-tipper.mlpkg</c>.</param>
/// <param name="Sha256">SHA-256 of the file, 64 lower-case hexadecimal digits. A file with another is refused.</param>
internal sealed record FileReference(string Path, string Sha256);
