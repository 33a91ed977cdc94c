namespace Mlp.Runtime.Inference;

/// <summary>The outputs of a model that have one row per row of input.</summary>
/// <param name="Score">The one that holds the score.</param>
/// <param name="Others">The others whose values C# can hold, for callers who ask for them.</param>
internal sealed record OutputPlans(OutputPlan Score, IReadOnlyList<OutputPlan> Others);
