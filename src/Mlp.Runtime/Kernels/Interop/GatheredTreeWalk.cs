using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Mlp.Runtime.Kernels.Trees;

namespace Mlp.Runtime.Kernels.Interop;

/// <summary>Walks sixteen rows through a tree at once, with the gathers of AVX2, which take addresses.</summary>
internal static class GatheredTreeWalk
{
    /// <summary>Whether the processor has them.</summary>
    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>Adds what the leaves of all trees add, in float32, tree after tree.</summary>
    /// <param name="tables">The trees.</param>
    /// <param name="keys">Keys of the groups: for each one a column after the other.</param>
    /// <param name="groupCount">Groups of <see cref="TreeTables.Lanes"/> rows.</param>
    /// <param name="sums">Sums of the groups: for each one a target after the other.</param>
    /// <param name="targetCount">Targets.</param>
    /// <param name="aggregate">How leaves come together.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe void Add(TreeTables tables, ReadOnlySpan<int> keys, int groupCount, Span<float> sums, int targetCount, TreeAggregate aggregate)
    {
        var groupKeys = tables.Columns.Length * TreeTables.Lanes;
        fixed (int* records = tables.Records, key = keys)
        fixed (float* values = tables.Values, sum = sums)
        {
            foreach (ref readonly var tree in tables.Trees.AsSpan())
            {
                for (var group = 0; group < groupCount; group++)
                {
                    Walk(records + (2 * tree.First), tree.Depth, key + (group * groupKeys), out var low, out var high);
                    for (var plane = 0; plane < tree.PlaneCount; plane++)
                    {
                        var target = sum + (((group * targetCount) + tables.PlaneTargets[tree.FirstPlane + plane]) * TreeTables.Lanes);
                        var value = values + tree.FirstValue + (plane * tree.Count);
                        Combine(target, Avx2.GatherVector256(value, low, sizeof(float)), aggregate);
                        Combine(target + Vector256<float>.Count, Avx2.GatherVector256(value, high, sizeof(float)), aggregate);
                    }
                }
            }
        }
    }

    /// <summary>Walks a group of rows through one tree.</summary>
    /// <param name="tables">The trees.</param>
    /// <param name="tree">The tree.</param>
    /// <param name="keys">Keys of the group.</param>
    /// <param name="leaves">Receives the record of each row's leaf, counted from the root.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static unsafe void ToLeaves(TreeTables tables, in TreeTables.Tree tree, ReadOnlySpan<int> keys, Span<int> leaves)
    {
        fixed (int* records = tables.Records, key = keys)
        {
            Walk(records + (2 * tree.First), tree.Depth, key, out var low, out var high);
            low.CopyTo(leaves);
            high.CopyTo(leaves[Vector256<int>.Count..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Walk(int* records, int depth, int* keys, out Vector256<int> low, out Vector256<int> high)
    {
        (low, high) = (Vector256<int>.Zero, Vector256<int>.Zero);
        if (depth == 0)
        {
            return;
        }

        // All rows begin at the root, so the first step needs no gathers.
        var root = keys + ((records[1] & TreeTables.ColumnMask) * TreeTables.Lanes);
        var (threshold, next) = (Vector256.Create(records[0]), Vector256.Create(records[1] >> TreeTables.ColumnBits));
        low = next - Vector256.GreaterThan(Vector256.Load(root), threshold);
        high = next - Vector256.GreaterThan(Vector256.Load(root + Vector256<int>.Count), threshold);
        var lowKeys = keys;
        var highKeys = keys + Vector256<int>.Count;
        for (var step = 1; step < depth; step++)
        {
            var (nextLow, nextHigh) = (Step(records, lowKeys, low), Step(records, highKeys, high));
            if (nextLow == low && nextHigh == high)
            {
                return;
            }

            (low, high) = (nextLow, nextHigh);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector256<int> Step(int* records, int* keys, Vector256<int> positions)
    {
        var link = Avx2.GatherVector256(records + 1, positions, 2 * sizeof(int));
        var threshold = Avx2.GatherVector256(records, positions, 2 * sizeof(int));
        var position = ((link & Vector256.Create(TreeTables.ColumnMask)) << 4) + Vector256<int>.Indices;
        var key = Avx2.GatherVector256(keys, position, sizeof(int));
        return (link >> TreeTables.ColumnBits) - Vector256.GreaterThan(key, threshold);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Combine(float* target, Vector256<float> values, TreeAggregate aggregate)
    {
        var known = Vector256.Load(target);
        var result = aggregate switch
        {
            TreeAggregate.Minimum => Vector256.ConditionalSelect(Vector256.LessThan(values, known), values, known),
            TreeAggregate.Maximum => Vector256.ConditionalSelect(Vector256.GreaterThan(values, known), values, known),
            _ => known + values,
        };
        result.Store(target);
    }
}
