using System.Numerics.Tensors;
using Mlp.Runtime.Data;

namespace Mlp.Features.Online;

/// <summary>One read of a service: which entities, as of when, and where the answers go.</summary>
/// <param name="Keys">Entity keys, shape (rows, keys of the service), row-major.</param>
/// <param name="Time">The time of all rows where <paramref name="Times"/> is empty, microseconds.</param>
/// <param name="Times">The time of each row, microseconds; empty for one time.</param>
/// <param name="Destination">Receives the rows.</param>
/// <param name="FirstRow">The row of the destination that the first entity goes to.</param>
/// <param name="RowCount">Number of entities.</param>
internal readonly record struct ReadQuestion(
    ReadOnlyMemory<EntityValue> Keys, long Time, ReadOnlyMemory<long> Times, FeatureRows Destination, int FirstRow, int RowCount)
{
    /// <summary>The latest time that is asked about.</summary>
    internal long LatestTime => Times.IsEmpty ? Time : TensorPrimitives.Max(Times.Span);

    /// <summary>The time of a row.</summary>
    /// <param name="row">Index of the entity, from 0.</param>
    internal long TimeOf(int row) => Times.IsEmpty ? Time : Times.Span[row];
}
