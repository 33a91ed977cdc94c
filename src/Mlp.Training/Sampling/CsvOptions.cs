using Mlp.Runtime.Data;

namespace Mlp.Training.Sampling;

/// <summary>How CSV files are written: UTF-8, one header line, RFC 4180 quoting. The feature store reads them in the same way.</summary>
public sealed class CsvOptions
{
    /// <summary>Stands between values.</summary>
    /// <value>The default value is a comma.</value>
    public char Delimiter { get; set; } = ',';

    /// <summary>Stands around values that contain delimiters or line ends, and is doubled within them.</summary>
    /// <value>The default value is a double quote.</value>
    public char Quote { get; set; } = '"';

    /// <summary>The unquoted text that means null.</summary>
    /// <value>The default value is empty. A quoted empty text is the empty text.</value>
    public string NullText { get; set; } = string.Empty;

    internal CsvFormat Format => new(Delimiter, Quote, NullText);
}
