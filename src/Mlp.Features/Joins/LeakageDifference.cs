namespace Mlp.Features.Joins;

/// <summary>A value of a training set that brute force does not give.</summary>
/// <param name="Row">Number of the row in the set, from 0.</param>
/// <param name="View">Name of the view.</param>
/// <param name="Column">The column that differs: a feature, the view's status or its event time.</param>
/// <param name="IsFromTheFuture">Whether the row that was joined is one that could not be seen at the time of the row.</param>
public sealed record LeakageDifference(long Row, string View, string Column, bool IsFromTheFuture);
