namespace Mlp.Runtime.Models;

/// <summary>Where a version came from that was imported from a package.</summary>
/// <param name="Name">Model name there.</param>
/// <param name="Version">Version there.</param>
/// <param name="CreatedAt">When it was published there, UTC.</param>
/// <param name="PackageSha256">SHA-256 of the package, 64 lower-case hexadecimal digits.</param>
public sealed record ModelOrigin(string Name, int Version, DateTimeOffset CreatedAt, string PackageSha256)
{
    /// <summary>The version there that it was compared with or trained from.</summary>
    public int? ParentVersion { get; init; }
}
