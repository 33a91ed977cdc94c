using Mlp.Runtime;

namespace Mlp.Features.Ingestion;

/// <summary>A batch of rows cannot be taken in; nothing of it was committed.</summary>
/// <param name="source">Where the rows come from: the full path of a file, or the kind of batch.</param>
/// <param name="message">What was expected, what was found, where. Values never appear.</param>
/// <param name="column">Name of the column, where one is to blame.</param>
/// <param name="row">Number of the row from 1, header not counted, where one is to blame.</param>
/// <param name="line">Number of the line in a text file from 1, where one is to blame.</param>
public sealed class IngestException(string source, string message, string? column = null, long? row = null, long? line = null) : MlPlatformException(message)
{
    /// <summary>Where the rows come from: the full path of a file, or the kind of batch.</summary>
    public string IngestSource { get; } = source;

    /// <summary>Name of the column, where one is to blame.</summary>
    public string? Column { get; } = column;

    /// <summary>Number of the row from 1, header not counted, where one is to blame.</summary>
    public long? Row { get; } = row;

    /// <summary>Number of the line in a text file from 1, where one is to blame.</summary>
    public long? Line { get; } = line;
}
