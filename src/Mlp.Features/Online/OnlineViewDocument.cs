namespace Mlp.Features.Online;

/// <summary>The file that keeps the numbers of views.</summary>
/// <param name="Kind">What the file is: <see cref="KindValue"/>.</param>
/// <param name="FormatVersion">Version of the format.</param>
/// <param name="Views">The views, by number.</param>
internal sealed record OnlineViewDocument(string Kind, int FormatVersion, IReadOnlyList<OnlineViewEntry> Views)
{
    /// <summary>What the file says it is.</summary>
    internal const string KindValue = "mlp-online-views";

    /// <summary>The format that is written and the newest that is read.</summary>
    internal const int CurrentFormatVersion = 1;
}
