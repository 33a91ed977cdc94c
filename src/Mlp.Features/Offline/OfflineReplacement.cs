namespace Mlp.Features.Offline;

/// <summary>A data file that a deletion erases.</summary>
/// <param name="Path">Path of the erased file, relative to the view's folder.</param>
internal sealed record OfflineReplacement(string Path)
{
    /// <summary>The file with its other rows, which stands in its place at every commit; null when there are none.</summary>
    public OfflineFile? By { get; init; }
}
