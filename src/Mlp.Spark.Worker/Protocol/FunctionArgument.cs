namespace Mlp.Spark.Worker.Protocol;

/// <summary>An argument of a function.</summary>
/// <param name="Offset">Which column of the input; for groups, the numbers that say which columns are keys and values.</param>
/// <param name="Name">Its name; null for one by position.</param>
internal readonly record struct FunctionArgument(int Offset, string? Name);
