using Mlp.Training.Networks;

namespace Mlp.Training.Preprocessing.Categories;

/// <summary>Cuts training rows into parts by chance. A row's part depends on the seed and the row's number alone, so that it need not be kept.</summary>
/// <param name="Seed">Which rows go together.</param>
/// <param name="Count">Number of parts, each about as large.</param>
internal readonly record struct TargetFolds(int Seed, int Count)
{
    /// <summary>The part of a row.</summary>
    /// <param name="row">Number of the row among the training rows, from 0.</param>
    public int Of(int row) => SeededRandom.IntAt(Seed, row, Count);
}
