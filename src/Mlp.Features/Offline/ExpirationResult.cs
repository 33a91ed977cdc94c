namespace Mlp.Features.Offline;

/// <summary>What an expiry removed. Immutable.</summary>
/// <param name="View">Name of the view.</param>
/// <param name="Version">Version of the view.</param>
/// <param name="FileCount">Number of data files removed.</param>
public sealed record ExpirationResult(string View, int Version, int FileCount);
