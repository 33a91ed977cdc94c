namespace Mlp.Runtime.Kernels.Trees;

/// <summary>Trees as a file describes them. Immutable.</summary>
internal sealed record TreeEnsemble
{
    /// <summary>The nodes of all trees.</summary>
    public required IReadOnlyList<TreeNode> Nodes { get; init; }

    /// <summary>The first node of each tree, in the order in which their leaves are added.</summary>
    public required IReadOnlyList<int> Roots { get; init; }

    /// <summary>Targets of a regression, or classes.</summary>
    public required int TargetCount { get; init; }

    /// <summary>How leaves come together.</summary>
    public TreeAggregate Aggregate { get; init; } = TreeAggregate.Sum;

    /// <summary>What is added for each target; none for 0.</summary>
    public IReadOnlyList<double> BaseValues { get; init; } = [];

    /// <summary>What is made of the scores.</summary>
    public PostTransform PostTransform { get; init; }

    /// <summary>Whether the targets are classes.</summary>
    public bool IsClassifier { get; init; }

    /// <summary>Names of the classes where they are integers.</summary>
    public IReadOnlyList<long> Labels { get; init; } = [];

    /// <summary>Classes that leaves name.</summary>
    public IReadOnlySet<int> FindNamedTargets() => Nodes.SelectMany(n => n.Leaf).Select(l => l.Target).ToHashSet();

    /// <summary>Whether no leaf has a weight below 0.</summary>
    public bool AreWeightsPositive => Nodes.All(n => n.Leaf.All(l => !(l.Weight < 0)));

    /// <summary>Whether each row gets some weight for a target: there is a tree all of whose leaves name it. Null if that depends on the row.</summary>
    /// <param name="target">The target.</param>
    /// <param name="named">Targets that leaves name.</param>
    public bool? IsAlwaysScored(int target, IReadOnlySet<int> named)
    {
        if (!named.Contains(target))
        {
            return false;
        }

        return Roots.Any(r => LeavesBelow(r).All(n => n.Leaf.Any(l => l.Target == target))) ? true : null;
    }

    private IEnumerable<TreeNode> LeavesBelow(int root)
    {
        var seen = new HashSet<int>();
        var open = new Stack<int>([root]);
        while (open.TryPop(out var index))
        {
            if (!seen.Add(index))
            {
                continue;
            }

            var node = Nodes[index];
            if (node.Mode == TreeMode.Leaf)
            {
                yield return node;
            }
            else
            {
                open.Push(node.TrueNode);
                open.Push(node.FalseNode);
            }
        }
    }
}
