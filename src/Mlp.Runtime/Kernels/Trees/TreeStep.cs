using System.Runtime.CompilerServices;
using Mlp.Runtime.Kernels.Interop;

namespace Mlp.Runtime.Kernels.Trees;

/// <summary>All trees of an ensemble over a tile of rows: keys, the walk, and what is made of the sums. Leaves are added in the order of the trees, as ONNX Runtime does with one thread.</summary>
/// <param name="source">The value to read.</param>
/// <param name="keys">How numbers become keys.</param>
/// <param name="tables">The trees.</param>
/// <param name="scores">What is made of the sums.</param>
/// <param name="result">The scores, or the labels.</param>
internal sealed class TreeStep(KernelValue source, ITreeKeys keys, TreeTables tables, TreeScores scores, KernelValue result) : KernelStep
{
    /// <summary>So few rows of a group walk one by one, several trees at a time.</summary>
    private const int FewRows = 5;

    /// <summary>Groups of a tile.</summary>
    private const int Groups = KernelMemory.TileRows / TreeTables.Lanes;

    private readonly bool _isWide = tables.WideValues.Length > 0;

    /// <summary>Ints that it needs.</summary>
    public int KeyCount => Groups * tables.Columns.Length * TreeTables.Lanes;

    /// <summary>Sums in float32 that it needs.</summary>
    public int SumCount => _isWide ? 0 : Groups * scores.TargetCount * TreeTables.Lanes;

    /// <summary>Sums in float64 that it needs.</summary>
    public int WideSumCount => _isWide ? Groups * scores.TargetCount * TreeTables.Lanes : 0;

    private bool IsMinimumOrMaximum => scores.Aggregate is TreeAggregate.Minimum or TreeAggregate.Maximum;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(KernelMemory memory)
    {
        var groupCount = (memory.RowCount + TreeTables.Lanes - 1) / TreeTables.Lanes;
        var groupKeys = tables.Columns.Length * TreeTables.Lanes;
        for (var group = 0; group < groupCount; group++)
        {
            keys.Write(memory, source, group * TreeTables.Lanes, tables.Columns, memory.Keys.AsSpan(group * groupKeys, groupKeys));
        }

        if (_isWide)
        {
            memory.WideSums.AsSpan().Fill(scores.Start);
            AddWide(memory, groupCount);
            scores.Finish<double>(memory, memory.WideSums, result);
            return;
        }

        memory.Sums.AsSpan().Fill((float)scores.Start);
        if (memory.RowCount <= FewRows || !GatheredTreeWalk.IsSupported)
        {
            AddRows(memory);
        }
        else
        {
            GatheredTreeWalk.Add(tables, memory.Keys, groupCount, memory.Sums, scores.TargetCount, scores.Aggregate);
        }

        scores.Finish<float>(memory, memory.Sums, result);
    }

    /// <summary>One row after the other, which tests compare with the gathers.</summary>
    /// <param name="memory">The values.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void AddRows(KernelMemory memory)
    {
        Span<int> leaves = stackalloc int[TreeWalk.Together];
        var groupKeys = tables.Columns.Length * TreeTables.Lanes;
        for (var row = 0; row < memory.RowCount; row++)
        {
            var (group, lane) = (row / TreeTables.Lanes, row % TreeTables.Lanes);
            var rowKeys = memory.Keys.AsSpan(group * groupKeys, groupKeys);
            var sums = memory.Sums.AsSpan(group * scores.TargetCount * TreeTables.Lanes);
            var tree = 0;
            for (; tree + TreeWalk.Together <= tables.Trees.Length; tree += TreeWalk.Together)
            {
                TreeWalk.ToLeaves(tables, tree, rowKeys, lane, leaves);
                for (var i = 0; i < TreeWalk.Together; i++)
                {
                    AddLeaf(tables.Trees[tree + i], leaves[i], sums, lane);
                }
            }

            for (; tree < tables.Trees.Length; tree++)
            {
                AddLeaf(tables.Trees[tree], TreeWalk.ToLeaf(tables, tables.Trees[tree], rowKeys, lane), sums, lane);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddLeaf(in TreeTables.Tree tree, int leaf, Span<float> sums, int lane)
    {
        for (var plane = 0; plane < tree.PlaneCount; plane++)
        {
            ref var sum = ref sums[(tables.PlaneTargets[tree.FirstPlane + plane] * TreeTables.Lanes) + lane];
            var value = tables.Values[tree.FirstValue + (plane * tree.Count) + leaf];
            sum = IsMinimumOrMaximum ? Choose(sum, value) : sum + value;
        }
    }

    private float Choose(float sum, float value)
        => scores.Aggregate == TreeAggregate.Minimum ? (value < sum ? value : sum) : (value > sum ? value : sum);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddWide(KernelMemory memory, int groupCount)
    {
        Span<int> leaves = stackalloc int[TreeTables.Lanes];
        var groupKeys = tables.Columns.Length * TreeTables.Lanes;
        foreach (ref readonly var tree in tables.Trees.AsSpan())
        {
            for (var group = 0; group < groupCount; group++)
            {
                var rowKeys = memory.Keys.AsSpan(group * groupKeys, groupKeys);
                ToLeaves(tree, rowKeys, leaves);
                for (var plane = 0; plane < tree.PlaneCount; plane++)
                {
                    var target = (group * scores.TargetCount) + tables.PlaneTargets[tree.FirstPlane + plane];
                    AddWide(memory.WideSums.AsSpan(target * TreeTables.Lanes, TreeTables.Lanes), leaves, tables.WideValues.AsSpan(tree.FirstValue + (plane * tree.Count), tree.Count));
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddWide(Span<double> sums, ReadOnlySpan<int> leaves, ReadOnlySpan<double> values)
    {
        for (var lane = 0; lane < sums.Length; lane++)
        {
            var value = values[leaves[lane]];
            sums[lane] = scores.Aggregate switch
            {
                TreeAggregate.Minimum => value < sums[lane] ? value : sums[lane],
                TreeAggregate.Maximum => value > sums[lane] ? value : sums[lane],
                _ => sums[lane] + value,
            };
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ToLeaves(in TreeTables.Tree tree, ReadOnlySpan<int> rowKeys, Span<int> leaves)
    {
        if (GatheredTreeWalk.IsSupported)
        {
            GatheredTreeWalk.ToLeaves(tables, tree, rowKeys, leaves);
            return;
        }

        for (var lane = 0; lane < TreeTables.Lanes; lane++)
        {
            leaves[lane] = TreeWalk.ToLeaf(tables, tree, rowKeys, lane);
        }
    }
}
