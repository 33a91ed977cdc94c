namespace Mlp.Spark.Worker.Protocol;

/// <summary>A function of a task. Immutable.</summary>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Commands">What it does: the first gets the arguments, each further one what the one before gave.</param>
internal sealed record TaskFunction(IReadOnlyList<FunctionArgument> Arguments, IReadOnlyList<ReadOnlyMemory<byte>> Commands);
