using System.Globalization;
using System.Text;

namespace Mlp.Training.Evaluation.Plots;

/// <summary>
/// The colours of plots, as classes with colours of their own in place of variables, which not every reader of SVG knows. Series are told apart by dashes too. The colours are those of Okabe and Ito ("Color
/// Universal Design", 2008), darkened on white and lightened on black.
/// </summary>
internal static class PlotStyle
{
    /// <summary>How many series look different; the next one looks like the first.</summary>
    public const int SeriesCount = 4;

    private static readonly string[] Light = ["#0b62a4", "#b8480b", "#00735a", "#8a3a78"];
    private static readonly string[] Dark = ["#6cb6f5", "#ff9a5c", "#4fd1a5", "#e29ad0"];
    private static readonly string[] Dashes = ["none", "7 3", "2 3", "9 3 2 3"];

    /// <summary>The style element.</summary>
    public static string Element { get; } = Write();

    private static string Write()
    {
        var css = new StringBuilder("<style>.mlp-plot text{fill:#1f2328}.mlp-plot .p{fill:#fff}.mlp-plot .m{fill:#57606a}.mlp-plot .g{stroke:#1f2328;stroke-opacity:.12}.mlp-plot .a{stroke:#1f2328;stroke-opacity:.55}.mlp-plot .d{stroke:#57606a;stroke-dasharray:4 4}.mlp-plot path{fill:none}");
        for (var i = 0; i < SeriesCount; i++)
        {
            css.Append(CultureInfo.InvariantCulture, $".mlp-plot .s{i}{{stroke:{Light[i]};stroke-dasharray:{Dashes[i]}}}.mlp-plot .w{i}{{stroke:{Light[i]}}}.mlp-plot .f{i}{{fill:{Light[i]}}}");
        }

        css.Append("@media(prefers-color-scheme:dark){.mlp-plot text{fill:#e6edf3}.mlp-plot .p{fill:#0d1117}.mlp-plot .m{fill:#9aa4af}.mlp-plot .g{stroke:#e6edf3}.mlp-plot .a{stroke:#e6edf3}.mlp-plot .d{stroke:#9aa4af}");
        for (var i = 0; i < SeriesCount; i++)
        {
            css.Append(CultureInfo.InvariantCulture, $".mlp-plot .s{i}{{stroke:{Dark[i]}}}.mlp-plot .w{i}{{stroke:{Dark[i]}}}.mlp-plot .f{i}{{fill:{Dark[i]}}}");
        }

        return css.Append("}</style>").ToString();
    }
}
