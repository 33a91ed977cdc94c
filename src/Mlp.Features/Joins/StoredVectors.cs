using Apache.Arrow;
using Mlp.Runtime;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>Vectors as the offline store gives them, lists, as what the platform hands out.</summary>
internal static class StoredVectors
{
    /// <summary>The vectors as fixed-size lists, in memory of their own.</summary>
    /// <param name="answer">The column as it was read.</param>
    /// <param name="length">Number of elements.</param>
    /// <param name="view">Name of the view, for messages.</param>
    /// <param name="feature">Name of the feature, for messages.</param>
    /// <exception cref="CorruptFileException">A vector has another length, or lacks an element.</exception>
    internal static FixedSizeListArray ToFixedSize(IArrowArray answer, int length, string view, string feature)
        => VectorColumn.TryCreate(answer)!.ToFixedSize(length, (expected, found, _) => new CorruptFileException(
            view, $"Expected {expected} in every row of feature '{feature}' of view '{view}', but the offline store holds {found}."));
}
