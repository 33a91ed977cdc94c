using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Features.Ingestion;

/// <summary>One column of a data reader on its way into Arrow. Not thread-safe.</summary>
/// <param name="name">Column name.</param>
/// <param name="sql">SQL type in the table.</param>
/// <param name="type">The same as an Arrow type.</param>
/// <param name="isText">Whether values stand in the table as text, whatever they mean.</param>
internal abstract class DataReaderColumn(string name, string sql, IArrowType type, bool isText)
{
    internal string Name => name;

    internal string SqlType => sql;

    internal IArrowType Type => type;

    internal bool IsText => isText;

    /// <summary>Adds a value; null for a null.</summary>
    /// <param name="value">The value.</param>
    /// <param name="refuse">Makes the error of what was expected and what was found.</param>
    /// <exception cref="InvalidCastException">The value is not of the column's type.</exception>
    /// <exception cref="OverflowException">The value does not fit.</exception>
    internal abstract void Append(object? value, Func<string, string, Exception> refuse);

    /// <summary>The values so far; the column starts over.</summary>
    internal abstract IArrowArray Build();
}
