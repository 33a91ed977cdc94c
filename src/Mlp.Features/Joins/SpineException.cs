using Mlp.Runtime;

namespace Mlp.Features.Joins;

/// <summary>The rows for which features are asked do not fit the feature service.</summary>
/// <param name="message">What was expected, what was found, where. Values never appear.</param>
/// <param name="column">Name of the column, where one is to blame.</param>
/// <param name="row">Number of the row from 1, where one is to blame.</param>
public sealed class SpineException(string message, string? column = null, long? row = null) : MlPlatformException(message)
{
    /// <summary>Name of the column, where one is to blame.</summary>
    public string? Column { get; } = column;

    /// <summary>Number of the row from 1, where one is to blame.</summary>
    public long? Row { get; } = row;
}
