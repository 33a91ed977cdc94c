namespace Mlp.Features.Online;

/// <summary>What a checkpoint of the online store says of itself, written last.</summary>
/// <param name="Format">What the file is: <see cref="FormatValue"/>.</param>
/// <param name="FormatVersion">Version of the format.</param>
/// <param name="RowFormatVersion">Version of the rows (<see cref="OnlineRowLayout.FormatVersion"/>).</param>
/// <param name="Number">Number of the checkpoint, from 1.</param>
/// <param name="TakenTime">When it was taken, microseconds.</param>
/// <param name="ReplayFrom">The first segment of the write-ahead log whose rows may be missing in it.</param>
/// <param name="Store">What the row store needs.</param>
/// <param name="Files">The files and their hashes.</param>
/// <param name="Views">What is kept per view.</param>
internal sealed record OnlineCheckpointManifest(
    string Format,
    int FormatVersion,
    int RowFormatVersion,
    long Number,
    long TakenTime,
    long ReplayFrom,
    RowStoreCheckpoint Store,
    IReadOnlyList<OnlineCheckpointFile> Files,
    IReadOnlyList<OnlineCheckpointView> Views)
{
    /// <summary>What the file says it is.</summary>
    internal const string FormatValue = "mlp-online-checkpoint";

    /// <summary>The format that is written and the newest that is read.</summary>
    internal const int CurrentFormatVersion = 1;

    /// <summary>Name of the file.</summary>
    internal const string FileName = "checkpoint.json";
}
