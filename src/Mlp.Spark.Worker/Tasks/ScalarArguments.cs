using Apache.Arrow;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>The arguments of a scalar function for the rows of a batch.</summary>
/// <param name="Columns">The columns, in the order of the call.</param>
/// <param name="Names">Their names, where the call gives them; null for others.</param>
/// <param name="RowCount">Number of rows.</param>
/// <param name="FirstRow">What the first row is in the partition, for messages.</param>
internal sealed record ScalarArguments(IReadOnlyList<IArrowArray> Columns, IReadOnlyList<string?> Names, int RowCount, long FirstRow);
