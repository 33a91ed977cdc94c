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

        var groups = rows.Rows.Groups.Slice(rows.First, rows.Count);
        var (chosen, group) = (new List<int>(), -1);
        for (var row = 0; row < groups.Length; row++)
        {
            group += row == 0 || groups[row] != groups[row - 1] ? 1 : 0;
            if (group % count == rank)
            {
                chosen.Add(row);
            }
        }

        return [.. chosen];
    }

    /// <summary>Refuses rows that are too few to share out.</summary>
    /// <exception cref="TrainingDataException">They are.</exception>
    public static void ThrowIfTooFew(TreeRows rows, int count)
    {
        var (units, name) = (rows.Count, "training rows");
        if (!rows.Rows.Groups.IsEmpty)
        {
            var groups = rows.Rows.Groups.Slice(rows.First, rows.Count);
            (units, name) = (0, "groups of training rows");
            for (var row = 0; row < groups.Length; row++)
            {
                units += row == 0 || groups[row] != groups[row - 1] ? 1 : 0;
            }
        }

        if (count > 1 && units < (long)Least * count)
        {
            throw new TrainingDataException(FormattableString.Invariant($"Expected at least two {name} for each of {count} replicas, but there are {units}."));
        }
    }
}
