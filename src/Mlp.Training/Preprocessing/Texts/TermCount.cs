namespace Mlp.Training.Preprocessing.Texts;

/// <summary>Counts the terms of a text.</summary>
/// <param name="text">The text.</param>
/// <param name="counts">One per output; added to.</param>
internal delegate void TermCount(string text, Span<int> counts);
