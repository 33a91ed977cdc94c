using Mlp.Runtime.Kernels.Recognition;

namespace Mlp.Runtime.Kernels.Trees;

/// <summary>
/// Makes tables of trees. Every question becomes key ≤ threshold: x &lt; t is key(x) ≤ key(t) - 1, the opposite questions change the two ways on, and x = t is two of them, of which the
/// second is asked of those that passed the first.
/// </summary>
internal sealed class TreeTablesBuilder
{
    private const int MaximumRecords = 1 << (31 - TreeTables.ColumnBits);
    private const int MaximumValues = 16_000_000;

    private readonly TreeEnsemble _ensemble;
    private readonly ITreeKeys _keys;
    private readonly bool _isWide;
    private readonly List<int> _records = [];
    private readonly List<float> _values = [];
    private readonly List<double> _wideValues = [];
    private readonly List<int> _planeTargets = [];
    private readonly Dictionary<KeyColumn, int> _columns = [];

    private TreeTablesBuilder(TreeEnsemble ensemble, ITreeKeys keys, bool isWide) => (_ensemble, _keys, _isWide) = (ensemble, keys, isWide);

    private enum Part
    {
        /// <summary>The node as the file has it.</summary>
        Whole,

        /// <summary>The second question of x = t.</summary>
        Second,
    }

    /// <summary>Makes the tables.</summary>
    /// <param name="ensemble">The trees.</param>
    /// <param name="keys">How numbers become keys.</param>
    /// <param name="isWide">Whether leaves are added in float64.</param>
    /// <exception cref="UncoveredGraphException">They are too large, or no trees.</exception>
    public static TreeTables Build(TreeEnsemble ensemble, ITreeKeys keys, bool isWide)
    {
        var builder = new TreeTablesBuilder(ensemble, keys, isWide);
        var trees = ensemble.Roots.Select(builder.AddTree).ToArray();
        if (builder._columns.Count > TreeTables.ColumnMask)
        {
            throw new UncoveredGraphException($"trees over at most {TreeTables.ColumnMask} features");
        }

        return new TreeTables
        {
            Records = [.. builder._records],
            Values = [.. builder._values],
            WideValues = [.. builder._wideValues],
            PlaneTargets = [.. builder._planeTargets],
            Trees = trees,
            Columns = [.. builder._columns.OrderBy(c => c.Value).Select(c => c.Key)],
        };
    }

    private TreeTables.Tree AddTree(int root)
    {
        var first = _records.Count / 2;
        var records = new List<(int Node, Part Part)> { (root, Part.Whole) };
        var ways = new Dictionary<(int Node, Part Part), int>();
        for (var i = 0; i < records.Count; i++)
        {
            var node = _ensemble.Nodes[records[i].Node];
            if (node.Mode == TreeMode.Leaf)
            {
                Add(ITreeKeys.Greatest, i, 0);
                continue;
            }

            var question = Ask(node, records[i].Part, records[i].Node);
            if (!ways.TryGetValue(records[i], out var next))
            {
                // Several nodes may lead to one, as in a list of categories; what comes after it is there once.
                ways.Add(records[i], next = records.Count);
                records.AddRange([question.Yes, question.No]);
            }

            Add(question.Threshold, next, ColumnOf(new KeyColumn(node.Feature, question.IsTrueForMissing)));
            if (records.Count >= MaximumRecords)
            {
                throw new UncoveredGraphException($"trees of fewer than {MaximumRecords} nodes");
            }
        }

        var (firstPlane, firstValue) = (_planeTargets.Count, _values.Count + _wideValues.Count);
        AddPlanes(records);
        return new TreeTables.Tree(first, records.Count, DepthOf((root, Part.Whole), []), firstPlane, _planeTargets.Count - firstPlane, firstValue);
    }

    private (int Threshold, (int Node, Part Part) Yes, (int Node, Part Part) No, bool IsTrueForMissing) Ask(TreeNode node, Part part, int index)
    {
        var threshold = _keys.OfThreshold(node.Feature, node.Threshold);
        var (yes, no) = ((node.TrueNode, Part.Whole), (node.FalseNode, Part.Whole));
        return (node.Mode, part) switch
        {
            (TreeMode.LessOrEqual, _) => (threshold, yes, no, node.IsTrueForMissing),
            (TreeMode.Less, _) => (threshold - 1, yes, no, node.IsTrueForMissing),
            (TreeMode.Greater, _) => (threshold, no, yes, !node.IsTrueForMissing),
            (TreeMode.GreaterOrEqual, _) => (threshold - 1, no, yes, !node.IsTrueForMissing),
            (TreeMode.Equal, Part.Whole) => (threshold, (index, Part.Second), no, node.IsTrueForMissing),
            (TreeMode.Equal, _) => (threshold - 1, no, yes, false),

            // NaN is not equal to anything, so it goes the way of yes.
            (TreeMode.NotEqual, Part.Whole) => (threshold, (index, Part.Second), yes, false),
            (TreeMode.NotEqual, _) => (threshold - 1, yes, no, false),
            _ => throw new UncoveredGraphException($"trees that compare numbers, but found {node.Mode}"),
        };
    }

    private int DepthOf((int Node, Part Part) record, Dictionary<(int Node, Part Part), int> known)
    {
        var node = _ensemble.Nodes[record.Node];
        if (node.Mode == TreeMode.Leaf)
        {
            return 0;
        }

        if (known.TryGetValue(record, out var depth))
        {
            return depth >= 0 ? depth : throw new UncoveredGraphException("trees, but found nodes in a circle");
        }

        known[record] = -1;
        var question = Ask(node, record.Part, record.Node);
        return known[record] = 1 + Math.Max(DepthOf(question.Yes, known), DepthOf(question.No, known));
    }

    private void Add(int threshold, int next, int column)
    {
        _records.Add(threshold);
        _records.Add((next << TreeTables.ColumnBits) | column);
    }

    private int ColumnOf(KeyColumn column)
    {
        if (!_columns.TryGetValue(column, out var index))
        {
            _columns.Add(column, index = _columns.Count);
        }

        return Math.Min(index, TreeTables.ColumnMask);
    }

    // One plane for each weight of the leaf that has most of a target; leaves with fewer of it add nothing there.
    private void AddPlanes(List<(int Node, Part Part)> records)
    {
        var leaves = records.ConvertAll(r => _ensemble.Nodes[r.Node].Leaf);
        if (leaves.Find(l => l.Count > 0) is [var first] && leaves.TrueForAll(l => l.Count == 0 || (l.Count == 1 && l[0].Target == first.Target)))
        {
            // By far the commonest: one number per leaf, all for one target.
            _planeTargets.Add(first.Target);
            leaves.ForEach(l => AddValue(l.Count == 0 ? Nothing : l[0].Weight));
            RequireSize();
            return;
        }

        foreach (var target in leaves.SelectMany(l => l).Select(w => w.Target).Distinct().Order())
        {
            var planeCount = leaves.Max(l => l.Count(w => w.Target == target));
            for (var plane = 0; plane < planeCount; plane++)
            {
                _planeTargets.Add(target);
                foreach (var leaf in leaves)
                {
                    AddValue(leaf.Where(w => w.Target == target).Skip(plane).Select(w => (double?)w.Weight).FirstOrDefault() ?? Nothing);
                }
            }
        }

        RequireSize();
    }

    private void RequireSize()
    {
        if (_values.Count + _wideValues.Count > MaximumValues)
        {
            throw new UncoveredGraphException($"trees with at most {MaximumValues} values of leaves");
        }
    }

    private double Nothing => _ensemble.Aggregate switch
    {
        TreeAggregate.Minimum => double.PositiveInfinity,
        TreeAggregate.Maximum => double.NegativeInfinity,
        _ => 0,
    };

    private void AddValue(double value)
    {
        if (_isWide)
        {
            _wideValues.Add(value);
        }
        else
        {
            _values.Add((float)value);
        }
    }
}
