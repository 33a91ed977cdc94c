using System.Text;

namespace Mlp.Training.Evaluation.Plots;

/// <summary>
/// A picture as one SVG element that stands on its own, as a file or inline in a page: light or dark as the reader's system is, with a title and a description for readers of screens. The same data give the
/// same bytes. Immutable.
/// </summary>
public sealed record SvgPlot
{
    internal SvgPlot(string title, string description, string svg) => (Title, Description, Svg) = (title, description, svg);

    /// <summary>What it shows.</summary>
    public string Title { get; }

    /// <summary>What is to be seen, in sentences.</summary>
    public string Description { get; }

    /// <summary>The SVG element.</summary>
    public string Svg { get; }

    /// <inheritdoc/>
    public override string ToString() => Svg;

    /// <summary>Writes the picture as a UTF-8 file, whole or not at all.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="overwrite">Whether a file of that name may be replaced. Default false.</param>
    /// <exception cref="FileWriteException">The folder is missing or may not be written, the path is taken, or the disk is full or failed.</exception>
    public void Save(string path, bool overwrite = false) => SavedFile.Default.Save(path, "plot", overwrite, stream => stream.Write(Encoding.UTF8.GetBytes(Svg)));
}
