using Mlp.Runtime;

namespace Mlp.Training;

/// <summary>Rows are not fit to train on or to evaluate with: a column is missing, of a wrong type, or holds what it must not.</summary>
/// <param name="message">The sentence: what was expected, what was found, where. It holds no feature values.</param>
/// <param name="column">The column; null when it concerns the rows as a whole.</param>
/// <param name="row">The row from 0; -1 when it concerns the whole column.</param>
public sealed class TrainingDataException(string message, string? column = null, long row = -1) : MlPlatformException(message)
{
    /// <summary>The column; null when it concerns the rows as a whole.</summary>
    public string? Column { get; } = column;

    /// <summary>The row from 0; -1 when it concerns the whole column.</summary>
    public long Row { get; } = row;
}
