namespace Mlp.Training.Distributed.DataParallel;

/// <summary>Gradients beside each other in flat memory that travel together.</summary>
/// <param name="Start">The first number.</param>
/// <param name="Length">How many.</param>
/// <param name="Parameters">Places, in the flat memory's list, of the parameters whose gradients they are.</param>
internal sealed record GradientBucket(int Start, int Length, IReadOnlyList<int> Parameters);
