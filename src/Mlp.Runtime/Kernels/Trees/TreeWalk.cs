using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mlp.Runtime.Kernels.Trees;

/// <summary>Walks through trees one row at a time: for single rows, for processors without gathers, and for tests to compare with.</summary>
internal static class TreeWalk
{
    /// <summary>Trees that one row walks through at once.</summary>
    public const int Together = 8;

    /// <summary>Walks one row through one tree.</summary>
    /// <param name="tables">The trees.</param>
    /// <param name="tree">The tree.</param>
    /// <param name="keys">Keys of a group of rows.</param>
    /// <param name="lane">The row within the group.</param>
    /// <returns>The record of the leaf, counted from the root.</returns>
    public static int ToLeaf(TreeTables tables, in TreeTables.Tree tree, ReadOnlySpan<int> keys, int lane)
    {
        var records = tables.Records.AsSpan(2 * tree.First, 2 * tree.Count);
        var record = 0;
        for (var step = 0; step < tree.Depth; step++)
        {
            var link = records[(2 * record) + 1];
            var key = keys[((link & TreeTables.ColumnMask) * TreeTables.Lanes) + lane];
            record = (link >> TreeTables.ColumnBits) + (key > records[2 * record] ? 1 : 0);
        }

        return record;
    }

    /// <summary>Walks one row through eight trees at once: the steps of one do not wait for those of another.</summary>
    /// <param name="tables">The trees.</param>
    /// <param name="first">Index of the first tree.</param>
    /// <param name="keys">Keys of a group of rows.</param>
    /// <param name="lane">The row within the group.</param>
    /// <param name="leaves">Receives eight records.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToLeaves(TreeTables tables, int first, ReadOnlySpan<int> keys, int lane, Span<int> leaves)
    {
        var trees = tables.Trees.AsSpan(first, Together);
        ref var key = ref Unsafe.Add(ref MemoryMarshal.GetReference(keys), lane);
        ref var records = ref MemoryMarshal.GetArrayDataReference(tables.Records);
        ref var t0 = ref Unsafe.Add(ref records, 2 * trees[0].First);
        ref var t1 = ref Unsafe.Add(ref records, 2 * trees[1].First);
        ref var t2 = ref Unsafe.Add(ref records, 2 * trees[2].First);
        ref var t3 = ref Unsafe.Add(ref records, 2 * trees[3].First);
        ref var t4 = ref Unsafe.Add(ref records, 2 * trees[4].First);
        ref var t5 = ref Unsafe.Add(ref records, 2 * trees[5].First);
        ref var t6 = ref Unsafe.Add(ref records, 2 * trees[6].First);
        ref var t7 = ref Unsafe.Add(ref records, 2 * trees[7].First);
        var depth = 0;
        foreach (ref readonly var tree in trees)
        {
            depth = Math.Max(depth, tree.Depth);
        }

        var (r0, r1, r2, r3, r4, r5, r6, r7) = (0, 0, 0, 0, 0, 0, 0, 0);
        for (var step = 0; step < depth; step++)
        {
            var before = r0 + r1 + r2 + r3 + r4 + r5 + r6 + r7;
            r0 = Next(ref t0, ref key, r0);
            r1 = Next(ref t1, ref key, r1);
            r2 = Next(ref t2, ref key, r2);
            r3 = Next(ref t3, ref key, r3);
            r4 = Next(ref t4, ref key, r4);
            r5 = Next(ref t5, ref key, r5);
            r6 = Next(ref t6, ref key, r6);
            r7 = Next(ref t7, ref key, r7);

            // A record leads to a later one or, a leaf, to itself, so the sum stays only where all are leaves.
            if (before == r0 + r1 + r2 + r3 + r4 + r5 + r6 + r7)
            {
                break;
            }
        }

        leaves[0] = r0;
        leaves[1] = r1;
        leaves[2] = r2;
        leaves[3] = r3;
        leaves[4] = r4;
        leaves[5] = r5;
        leaves[6] = r6;
        leaves[7] = r7;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Next(ref int tree, ref int keys, int record)
    {
        var link = Unsafe.Add(ref tree, (nint)(uint)((2 * record) + 1));
        var key = Unsafe.Add(ref keys, (nint)(uint)((link & TreeTables.ColumnMask) * TreeTables.Lanes));
        return (link >> TreeTables.ColumnBits) + (key > Unsafe.Add(ref tree, (nint)(uint)(2 * record)) ? 1 : 0);
    }
}
