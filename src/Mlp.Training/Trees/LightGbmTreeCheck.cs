namespace Mlp.Training.Trees;

/// <summary>Checks that a tree which was read is one: its ways lead to each split and leaf once.</summary>
internal static class LightGbmTreeCheck
{
    /// <summary>Checks a tree.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="number">Its number, for messages.</param>
    /// <param name="featureCount">Features of the model.</param>
    /// <exception cref="LightGbmFormatException">It is none.</exception>
    public static void ThrowIfBroken(LightGbmTree tree, int number, int featureCount)
    {
        for (var split = 0; split < tree.SplitCount; split++)
        {
            if (tree.Features[split] < 0 || tree.Features[split] >= featureCount)
            {
                throw Broken(number, FormattableString.Invariant($"splits over the features 0 to {featureCount - 1}"), FormattableString.Invariant($"feature {tree.Features[split]}"));
            }

            if (tree.IsCategorical(split))
            {
                ThrowIfNoSet(tree, split, number);
            }
            else if ((int)tree.MissingOf(split) > (int)LightGbmMissing.NaN)
            {
                throw Broken(number, "splits with a known kind of missing values", FormattableString.Invariant($"decision type {tree.Decisions[split]}"));
            }
        }

        ThrowIfNotReachedOnce(tree, number);
    }

    private static void ThrowIfNoSet(LightGbmTree tree, int split, int number)
    {
        var set = tree.Thresholds[split];
        if (!(set >= 0) || set + 1 >= tree.CategoryBoundaries.Length || tree.CategoryBoundaries[(int)set] < 0
            || tree.CategoryBoundaries[(int)set] > tree.CategoryBoundaries[(int)set + 1] || tree.CategoryBoundaries[(int)set + 1] > tree.CategoryBits.Length)
        {
            throw Broken(number, "a set of categories for each categorical split", "one without");
        }
    }

    private static void ThrowIfNotReachedOnce(LightGbmTree tree, int number)
    {
        if (tree.SplitCount == 0)
        {
            return;
        }

        var (splits, leaves) = (new bool[tree.SplitCount], new bool[tree.Leaves.Length]);
        var open = new Stack<int>([0]);
        var reached = 0;
        while (open.TryPop(out var at))
        {
            var (seen, index) = at >= 0 ? (splits, at) : (leaves, ~at);
            if (index >= seen.Length || seen[index])
            {
                throw Broken(number, "ways that lead to each split and leaf once", "one that leads to another place");
            }

            seen[index] = true;
            reached++;
            if (at >= 0)
            {
                open.Push(tree.LeftChildren[at]);
                open.Push(tree.RightChildren[at]);
            }
        }

        if (reached != splits.Length + leaves.Length)
        {
            throw Broken(number, "ways that lead to each split and leaf once", "some that none leads to");
        }
    }

    private static LightGbmFormatException Broken(int number, string expected, string found) => new(FormattableString.Invariant($"Expected {expected}, but found {found} (tree {number})."));
}
