namespace Mlp.Features.Online;

/// <summary>
/// The file that keeps the numbers of views. A view that was cleared has another entry behind its first: rows under its earlier numbers are never read again.
/// </summary>
/// <param name="Format">What the file is: <see cref="FormatValue"/>.</param>
/// <param name="FormatVersion">Version of the format.</param>
/// <param name="Views">The views, by number.</param>
internal sealed record OnlineViewDocument(string Format, int FormatVersion, IReadOnlyList<OnlineViewEntry> Views)
{
    /// <summary>What the file says it is.</summary>
    internal const string FormatValue = "mlp-online-views";

    /// <summary>The format that is written and the newest that is read.</summary>
    internal const int CurrentFormatVersion = 1;
}
