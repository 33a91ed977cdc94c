using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Mlp.Runtime.Markup;

/// <summary>Writes HTML: markup is what the code says, and everything else is escaped. Into markup go numbers and words of the code alone, which the compiler sees to. Not thread-safe.</summary>
internal sealed class HtmlBuilder
{
    private readonly StringBuilder _text = new();

    /// <summary>Adds markup, which holds nothing that came from outside.</summary>
    public HtmlBuilder Markup(string markup)
    {
        _text.Append(markup);
        return this;
    }

    /// <summary>Adds markup with numbers in it, by the invariant culture.</summary>
    public HtmlBuilder Markup([InterpolatedStringHandlerArgument("")] MarkupHandler markup)
    {
        // Its parts are written already.
        _ = markup;
        return this;
    }

    /// <summary>Adds text, escaped for content and for attributes in double quotes.</summary>
    public HtmlBuilder Text(string? text)
    {
        foreach (var rune in (text ?? string.Empty).EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '<' => _text.Append("&lt;"),
                '>' => _text.Append("&gt;"),
                '&' => _text.Append("&amp;"),
                '"' => _text.Append("&quot;"),
                '\'' => _text.Append("&#39;"),
                '\t' or '\n' or '\r' => _text.Append(' '),

                // Control characters have no place in a page, nor have those that are none; those that turn the direction of text would turn that of the page.
                < 0x20 or (>= 0x7F and < 0xA0) or 0xFFFE or 0xFFFF => _text.Append('\uFFFD'),
                (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069) => _text.Append('\uFFFD'),
                _ => _text.Append(rune.ToString()),
            };
        }

        return this;
    }

    /// <summary>Adds an element that holds text.</summary>
    /// <param name="open">The opening tag.</param>
    /// <param name="text">The text, which is escaped.</param>
    /// <param name="close">The closing tag.</param>
    public HtmlBuilder Element(string open, string? text, string close) => Markup(open).Text(text).Markup(close);

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    /// <summary>Writes the parts of a piece of markup.</summary>
    [InterpolatedStringHandler]
    internal readonly ref struct MarkupHandler
    {
        public MarkupHandler(int literalLength, int formattedCount, HtmlBuilder html)
        {
            Html = html;
            html._text.EnsureCapacity(html._text.Length + literalLength + (8 * formattedCount));
        }

        private HtmlBuilder Html { get; }

        public void AppendLiteral(string literal) => Html._text.Append(literal);

        public void AppendFormatted(int number) => Html._text.Append(CultureInfo.InvariantCulture, $"{number}");

        public void AppendFormatted(double number) => Html._text.Append(CultureInfo.InvariantCulture, $"{number}");

        public void AppendFormatted(MarkupWord word) => Html._text.Append(word.Word);
    }
}
