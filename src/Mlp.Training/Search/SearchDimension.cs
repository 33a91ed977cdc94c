namespace Mlp.Training.Search;

/// <summary>A setting of a search.</summary>
/// <param name="Name">Its name.</param>
/// <param name="At">Its value, as text, for a number in [0, 1).</param>
/// <param name="Description">Its range, by which a search is known again.</param>
/// <param name="Values">What is chosen from; null for numbers.</param>
/// <param name="Condition">The choice and its value without which the setting does not exist; null for one that always does.</param>
internal sealed record SearchDimension(string Name, Func<double, string> At, string Description, IReadOnlyList<string>? Values, (string Name, string Value)? Condition);
