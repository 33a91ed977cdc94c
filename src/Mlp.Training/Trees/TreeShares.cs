using Mlp.Training.Preprocessing;

namespace Mlp.Training.Trees;

/// <summary>Which training rows each replica counts: every so many-th row, or group of rows that are ranked together, so that all have rows of all times.</summary>
internal static class TreeShares
{
    private const int Least = 2;

    /// <summary>The rows of a replica, in their order.</summary>
    /// <param name="rows">All training rows.</param>
    /// <param name="rank">The replica.</param>
    /// <param name="count">Replicas.</param>
    public static int[] Of(TreeRows rows, int rank, int count)
    {
        if (rows.Rows.Groups.IsEmpty)
        {
            var share = new int[(rows.Count - rank + count - 1) / count];
            for (var i = 0; i < share.Length; i++)
            {
                share[i] = rank + (i * count);
            }

            return share;
        }

        var (chosen, sizes, start) = (new List<int>(), rows.GroupSizes(), 0);
        for (var group = 0; group < sizes.Length; group++)
        {
            if (group % count == rank)
            {
                chosen.AddRange(Enumerable.Range(start, sizes[group]));
            }

            start += sizes[group];
        }

        return [.. chosen];
    }

    /// <summary>Refuses rows that are too few to share out.</summary>
    /// <exception cref="TrainingDataException">They are.</exception>
    public static void ThrowIfTooFew(TreeRows rows, int count)
    {
        var (units, name) = rows.Rows.Groups.IsEmpty ? (rows.Count, "training rows") : (rows.GroupSizes().Length, "groups of training rows");
        if (count > 1 && units < (long)Least * count)
        {
            throw new TrainingDataException(FormattableString.Invariant($"Expected at least two {name} for each of {count} replicas, but there are {units}."));
        }
    }
}
