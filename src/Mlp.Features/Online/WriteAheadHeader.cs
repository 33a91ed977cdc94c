namespace Mlp.Features.Online;

/// <summary>What a segment of the write-ahead log says of itself.</summary>
/// <param name="Format">What the log is: <see cref="FormatValue"/>.</param>
/// <param name="FormatVersion">Version of the frames.</param>
/// <param name="RowFormatVersion">Version of the rows in them.</param>
/// <param name="Segment">Number of the segment, from 1.</param>
internal sealed record WriteAheadHeader(string Format, int FormatVersion, int RowFormatVersion, long Segment)
{
    /// <summary>What a segment says it is.</summary>
    internal const string FormatValue = "mlp-online-write-ahead";

    /// <summary>The newest format that is read. Version 2 begins with a frame that deletes an entity.</summary>
    internal const int CurrentFormatVersion = 2;

    /// <summary>The format of a segment that begins with a frame that deletes an entity.</summary>
    internal const int DeletionFormatVersion = 2;
}
