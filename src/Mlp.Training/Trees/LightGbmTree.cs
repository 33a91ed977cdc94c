namespace Mlp.Training.Trees;

/// <summary>
/// One tree of a text model. Splits have the numbers 0 and up, split 0 is the root; a child is the number of a split, or the complement (~n) of the number of a leaf. Immutable.
/// </summary>
internal sealed record LightGbmTree
{
    /// <summary>At most this far from 0 a number is zero, in training and in scoring (LightGBM's kZeroThreshold).</summary>
    public const float ZeroThreshold = 1e-35f;

    /// <summary>Feature of each split.</summary>
    public required int[] Features { get; init; }

    /// <summary>What each split compares with; of a categorical split the number of its set.</summary>
    public required double[] Thresholds { get; init; }

    /// <summary>Per split: bit 0 categorical, bit 1 missing values go left, bits 2 and 3 the kind of missing value.</summary>
    public required byte[] Decisions { get; init; }

    public required int[] LeftChildren { get; init; }

    public required int[] RightChildren { get; init; }

    /// <summary>What each leaf adds.</summary>
    public required double[] Leaves { get; init; }

    /// <summary>Where each set begins in <see cref="CategoryBits"/>; one more entry than sets.</summary>
    public required int[] CategoryBoundaries { get; init; }

    /// <summary>The sets, 32 categories a word.</summary>
    public required uint[] CategoryBits { get; init; }

    /// <summary>What each split gained.</summary>
    public required double[] Gains { get; init; }

    public int SplitCount => Features.Length;

    public bool IsCategorical(int split) => (Decisions[split] & 1) != 0;

    public bool GoesLeftByDefault(int split) => (Decisions[split] & 2) != 0;

    public LightGbmMissing MissingOf(int split) => (LightGbmMissing)((Decisions[split] >> 2) & 3);

    /// <summary>The categories that go left at a split, ascending.</summary>
    public IEnumerable<int> CategoriesOf(int split)
    {
        var set = (int)Thresholds[split];
        for (var word = CategoryBoundaries[set]; word < CategoryBoundaries[set + 1]; word++)
        {
            for (var bit = 0; bit < 32; bit++)
            {
                if ((CategoryBits[word] >> bit & 1) != 0)
                {
                    yield return ((word - CategoryBoundaries[set]) * 32) + bit;
                }
            }
        }
    }

    /// <summary>The leaf of a row, by the rules of LightGBM's <c>Tree::GetLeaf</c>.</summary>
    /// <param name="row">A value per feature; NaN where it is missing.</param>
    public int LeafOf(ReadOnlySpan<double> row)
    {
        if (SplitCount == 0)
        {
            return 0;
        }

        var at = 0;
        while (at >= 0)
        {
            var value = row[Features[at]];
            at = (IsCategorical(at) ? IsMember(at, value) : GoesLeft(at, value)) ? LeftChildren[at] : RightChildren[at];
        }

        return ~at;
    }

    private bool GoesLeft(int split, double value)
    {
        var missing = MissingOf(split);
        if (Math.Abs(value) <= ZeroThreshold || (double.IsNaN(value) && missing != LightGbmMissing.NaN))
        {
            value = 0;
        }

        var isMissing = missing switch
        {
            LightGbmMissing.Zero => value == 0,
            LightGbmMissing.NaN => double.IsNaN(value),
            _ => false,
        };
        return isMissing ? GoesLeftByDefault(split) : value <= Thresholds[split];
    }

    private bool IsMember(int split, double value)
    {
        if (!(value > -1 && value < int.MaxValue))
        {
            return false;
        }

        var (set, category) = ((int)Thresholds[split], (int)value);
        var word = CategoryBoundaries[set] + (category / 32);
        return word < CategoryBoundaries[set + 1] && (CategoryBits[word] >> (category % 32) & 1) != 0;
    }
}
