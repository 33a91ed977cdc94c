namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Which values of a categorical feature get an entry of their own.</summary>
/// <param name="MinimumCount">How often a value must occur in the training rows.</param>
/// <param name="MaximumCount">The greatest number of values.</param>
internal sealed record VocabularyRule(int MinimumCount = 1, int MaximumCount = int.MaxValue)
{
    public CategoryOrder Order { get; init; } = CategoryOrder.Frequency;

    /// <summary>The values, for <see cref="CategoryOrder.Given"/>; integers in the invariant culture.</summary>
    public IReadOnlyList<string> Given { get; init; } = [];

    /// <summary>Whether more values than <see cref="MaximumCount"/> are an error; otherwise the most frequent stay and the others are unknown.</summary>
    public bool RefusesMore { get; init; }
}
