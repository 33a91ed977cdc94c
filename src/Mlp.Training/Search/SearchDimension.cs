namespace Mlp.Training.Search;

/// <summary>A setting of a search.</summary>
/// <param name="Name">Its name.</param>
/// <param name="At">Its value, as text, for a number in [0, 1).</param>
/// <param name="ShareOf">A number in [0, 1) that gives a value: of values with a cell of numbers each the middle of the cell.</param>
/// <param name="Cells">How many cells of equal size [0, 1) has, one per value; 0 for values without end.</param>
/// <param name="Description">Its range, by which a search is known again.</param>
/// <param name="Values">What is chosen from; null for numbers.</param>
/// <param name="Condition">The choice and its value without which the setting does not exist; null for one that always does.</param>
internal sealed record SearchDimension(
    string Name, Func<double, string> At, Func<string, double> ShareOf, double Cells, string Description, IReadOnlyList<string>? Values, (string Name, string Value)? Condition)
{
    /// <summary>Whether the setting exists beside others.</summary>
    /// <param name="values">The settings before it.</param>
    public bool ExistsIn(IReadOnlyDictionary<string, string> values) => Condition is not var (name, value) || values.GetValueOrDefault(name) == value;
}
