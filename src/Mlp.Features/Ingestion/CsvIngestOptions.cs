using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>How a CSV file is read: UTF-8, one header line, RFC 4180 quoting.</summary>
public sealed class CsvIngestOptions : SourceIngestOptions
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

    /// <summary>Reads the header of a file.</summary>
    /// <exception cref="IngestException">The file has another encoding, or no header line with names that differ.</exception>
    internal CsvText Open(string path) => CsvText.TryOpen(path, Format, out var text, out var fault) ? text : throw Failure(path, fault);

    internal static IngestException Failure(string path, CsvFault fault) => new(path, fault.Sentence, fault.Column, line: fault.Line);
}
