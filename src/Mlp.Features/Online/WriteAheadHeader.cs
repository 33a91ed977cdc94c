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

    /// <summary>The format that is written and the newest that is read.</summary>
    internal const int CurrentFormatVersion = 1;
}
