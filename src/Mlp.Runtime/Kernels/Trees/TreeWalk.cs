using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlp.Runtime.Kernels.Trees;

/// <summary>Walks through trees one row at a time: for single rows, for processors without gathers, and for tests to compare with.</summary>
internal static class TreeWalk
{
    /// <summary>Walks one row through one tree.</summary>
    /// <param name="tables">The trees.</param>
    /// <param name="tree">The tree.</param>
    /// <param name="keys">Keys of a group of rows.</param>
    /// <param name="lane">The row within the group.</param>
    /// <returns>The record of the leaf, counted from the root.</returns>
    public static int ToLeaf(TreeTables tables, in TreeTables.Tree tree, ReadOnlySpan<int> keys, int lane)
    {
        var record = 0;
        for (var step = 0; step < tree.Depth; step++)
        {
            var link = tables.Links[tree.First + record];
            var key = keys[((link & TreeTables.ColumnMask) * TreeTables.Lanes) + lane];
            record = (link >> TreeTables.ColumnBits) + (key > tables.Thresholds[tree.First + record] ? 1 : 0);
        }

        return record;
    }

    /// <summary>Walks one row through four trees at once: the steps of one do not wait for those of another.</summary>
    /// <param name="tables">The trees.</param>
    /// <param name="first">Index of the first tree.</param>
    /// <param name="keys">Keys of a group of rows.</param>
    /// <param name="lane">The row within the group.</param>
    /// <param name="leaves">Receives four records.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FourToLeaves(TreeTables tables, int first, ReadOnlySpan<int> keys, int lane, Span<int> leaves)
    {
        ref readonly var a = ref tables.Trees[first];
        ref readonly var b = ref tables.Trees[first + 1];
        ref readonly var c = ref tables.Trees[first + 2];
        ref readonly var d = ref tables.Trees[first + 3];
        ref var key = ref Unsafe.Add(ref MemoryMarshal.GetReference(keys), lane);
        ref var links = ref MemoryMarshal.GetArrayDataReference(tables.Links);
        ref var thresholds = ref MemoryMarshal.GetArrayDataReference(tables.Thresholds);
        var (ra, rb, rc, rd) = (a.First, b.First, c.First, d.First);
        var depth = Math.Max(Math.Max(a.Depth, b.Depth), Math.Max(c.Depth, d.Depth));
        for (var step = 0; step < depth; step++)
        {
            var (na, nb) = (Next(ref key, ref links, ref thresholds, ra, a.First), Next(ref key, ref links, ref thresholds, rb, b.First));
            var (nc, nd) = (Next(ref key, ref links, ref thresholds, rc, c.First), Next(ref key, ref links, ref thresholds, rd, d.First));
            if (((na ^ ra) | (nb ^ rb) | (nc ^ rc) | (nd ^ rd)) == 0)
            {
                break;
            }

            (ra, rb, rc, rd) = (na, nb, nc, nd);
        }

        leaves[0] = ra - a.First;
        leaves[1] = rb - b.First;
        leaves[2] = rc - c.First;
        leaves[3] = rd - d.First;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Next(ref int keys, ref int links, ref int thresholds, int record, int first)
    {
        var link = Unsafe.Add(ref links, record);
        var key = Unsafe.Add(ref keys, (link & TreeTables.ColumnMask) * TreeTables.Lanes);
        return (link >> TreeTables.ColumnBits) + first + (key > Unsafe.Add(ref thresholds, record) ? 1 : 0);
    }
}
