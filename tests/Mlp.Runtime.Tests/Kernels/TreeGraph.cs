using System.Runtime.InteropServices;
using Mlp.TestSupport;
using static Mlp.TestSupport.OnnxBytes;

namespace Mlp.Runtime.Tests.Kernels;

/// <summary>A graph of one ensemble of random trees. Thresholds are few, so that rows meet them exactly.</summary>
internal sealed record TreeGraph
{
    private const int FloatAttribute = 1;
    private const int IntAttribute = 2;
    private const int StringAttribute = 3;
    private const int TensorAttribute = 4;
    private const int FloatsAttribute = 6;
    private const int IntsAttribute = 7;
    private const int StringsAttribute = 8;

    public required int Seed { get; init; }

    public int Trees { get; init; } = 20;

    public int Depth { get; init; } = 5;

    public int Features { get; init; } = 6;

    /// <summary>Share of nodes above the greatest depth that are leaves.</summary>
    public double LeafShare { get; init; } = 0.2;

    public string[] Modes { get; init; } = ["BRANCH_LEQ"];

    /// <summary>0 never, 1 always, 2 by chance.</summary>
    public int MissingTracks { get; init; } = 2;

    public int Targets { get; init; } = 1;

    /// <summary>Whether each leaf has a weight for each target, or one for one target.</summary>
    public bool HasFullLeaves { get; init; }

    /// <summary>The only target that leaves name; null for any.</summary>
    public int? OnlyTarget { get; init; }

    public bool ArePositive { get; init; }

    public string? Aggregate { get; init; }

    public string PostTransform { get; init; } = "NONE";

    public float[] BaseValues { get; init; } = [];

    public bool IsClassifier { get; init; }

    /// <summary>Whether input, thresholds and weights are float64.</summary>
    public bool IsDouble { get; init; }

    /// <summary>Element type of the input, where it is another than that of the thresholds.</summary>
    public int? InputType { get; init; }

    public int MlVersion => IsDouble || InputType is not null ? 3 : 1;

    /// <summary>x [N, features], y [N, targets]; a classifier has label [N] too.</summary>
    public byte[] ToOnnx()
    {
        var lists = Draw();
        var prefix = IsClassifier ? "class" : "target";
        List<byte[]> attributes =
        [
            Ints("nodes_treeids", lists.Tree), Ints("nodes_nodeids", lists.Node), Ints("nodes_featureids", lists.Feature), Ints("nodes_truenodeids", lists.Yes),
            Ints("nodes_falsenodeids", lists.No), Ints("nodes_missing_value_tracks_true", lists.Missing), Strings("nodes_modes", lists.Mode), Numbers("nodes_values", lists.Threshold),
            Ints(prefix + "_treeids", lists.LeafTree), Ints(prefix + "_nodeids", lists.LeafNode), Ints(prefix + "_ids", lists.LeafTarget), Numbers(prefix + "_weights", lists.Weight),
            Text("post_transform", PostTransform),
        ];
        if (BaseValues.Length > 0)
        {
            attributes.Add(Numbers("base_values", [.. BaseValues.Select(v => (double)v)]));
        }

        if (Aggregate is not null)
        {
            attributes.Add(Text("aggregate_function", Aggregate));
        }

        attributes.Add(IsClassifier ? Ints("classlabels_int64s", [.. Enumerable.Range(0, Targets).Select(i => (long)(10 + i))]) : Attribute("n_targets", IntAttribute, Integer(3, Targets)));
        var node = Bytes(1, Message(
        [
            OnnxBytes.Text(1, "x"),
            .. IsClassifier ? [OnnxBytes.Text(2, "label"), OnnxBytes.Text(2, "y")] : (byte[][])[OnnxBytes.Text(2, "y")],
            OnnxBytes.Text(4, IsClassifier ? "TreeEnsembleClassifier" : "TreeEnsembleRegressor"),
            OnnxBytes.Text(7, "ai.onnx.ml"),
            .. attributes,
        ]));
        var graph = Graph(
        [
            node,
            Input("x", InputType ?? (IsDouble ? OnnxBytes.Double : Float), "N", Features),
            .. IsClassifier ? [Output("label", OnnxBytes.Int64, "N")] : (byte[][])[],
            Output("y", Float, "N", Targets),
        ]);
        return WithMl(graph, MlVersion);
    }

    /// <summary>The same trees as an operator TreeEnsemble of ai.onnx.ml 5.</summary>
    /// <param name="members">A list of values for each node that asks for one of several; their mode is BRANCH_MEMBER.</param>
    public byte[] ToOnnx5(Func<Random, float[]>? members = null)
    {
        var random = new Random(Seed + 1);
        var lists = Draw();
        var position = lists.Tree.Zip(lists.Node).Select((n, i) => (n, i)).ToDictionary(p => p.n, p => p.i);
        var leaves = Enumerable.Range(0, lists.Mode.Count).Where(i => lists.Mode[i] == "LEAF").ToList();
        var nodes = Enumerable.Range(0, lists.Mode.Count).Where(i => lists.Mode[i] != "LEAF").ToList();
        string[] names = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ", "BRANCH_MEMBER"];
        var membership = new List<float>();
        foreach (var _ in nodes.Where(n => lists.Mode[n] == "BRANCH_MEMBER"))
        {
            membership.AddRange([.. members!(random), float.NaN]);
        }

        var weightOf = lists.LeafTree.Zip(lists.LeafNode).Select((n, i) => (n, i)).ToDictionary(p => p.n, p => p.i);
        List<byte[]> attributes =
        [
            Ints("nodes_featureids", [.. nodes.Select(n => lists.Feature[n])]),
            Ints("nodes_truenodeids", [.. nodes.Select(n => Way(n, lists.Yes[n]).Index)]),
            Ints("nodes_falsenodeids", [.. nodes.Select(n => Way(n, lists.No[n]).Index)]),
            Ints("nodes_trueleafs", [.. nodes.Select(n => Way(n, lists.Yes[n]).IsLeaf)]),
            Ints("nodes_falseleafs", [.. nodes.Select(n => Way(n, lists.No[n]).IsLeaf)]),
            Ints("nodes_missing_value_tracks_true", [.. nodes.Select(n => lists.Missing[n])]),
            TensorOf("nodes_modes", UInt8, [.. nodes.Select(n => (byte)Array.IndexOf(names, lists.Mode[n]))], nodes.Count),
            Tensor("nodes_splits", [.. nodes.Select(n => lists.Threshold[n])]),
            Ints("leaf_targetids", [.. leaves.Select(l => lists.LeafTarget[WeightOf(l)])]),
            Tensor("leaf_weights", [.. leaves.Select(l => lists.Weight[WeightOf(l)])]),
            Ints("tree_roots", [.. lists.Tree.Distinct().Select(t => (long)nodes.IndexOf(position[(t, 0)]))]),
            Attribute("n_targets", IntAttribute, Integer(3, Targets)),
            Attribute("aggregate_function", IntAttribute, Integer(3, Array.IndexOf(["AVERAGE", "SUM", "MIN", "MAX"], Aggregate ?? "SUM"))),
            Attribute("post_transform", IntAttribute, Integer(3, 0)),
        ];
        if (membership.Count > 0)
        {
            attributes.Add(Tensor("membership_values", [.. membership.Select(v => (double)v)]));
        }

        var type = IsDouble ? OnnxBytes.Double : Float;
        return WithMl(
            Graph(
                Bytes(1, Message([OnnxBytes.Text(1, "x"), OnnxBytes.Text(2, "y"), OnnxBytes.Text(4, "TreeEnsemble"), OnnxBytes.Text(7, "ai.onnx.ml"), .. attributes])),
                Input("x", type, "N", Features),
                Output("y", type, "N", Targets)),
            5);

        int WeightOf(int leaf) => weightOf[(lists.Tree[leaf], lists.Node[leaf])];

        (long Index, long IsLeaf) Way(int from, long to)
        {
            var found = position[(lists.Tree[from], to)];
            return lists.Mode[found] == "LEAF" ? (leaves.IndexOf(found), 1) : (nodes.IndexOf(found), 0);
        }
    }

    public static byte[] WithMl(byte[] graph, int version) => [.. Model(graph), .. Bytes(8, Message(OnnxBytes.Text(1, "ai.onnx.ml"), Integer(2, version)))];

    public static byte[] Floats(string name, IEnumerable<float> values)
        => Attribute(name, FloatsAttribute, Bytes(7, MemoryMarshal.AsBytes<float>(values.ToArray()).ToArray()));

    public static byte[] Ints(string name, IReadOnlyList<long> values) => Attribute(name, IntsAttribute, [.. values.Select(v => Integer(8, v))]);

    public static byte[] Text(string name, string value) => Attribute(name, StringAttribute, OnnxBytes.Text(4, value));

    public static byte[] Number(string name, float value) => Attribute(name, FloatAttribute, [(2 << 3) | 5, .. BitConverter.GetBytes(value)]);

    public static byte[] Integral(string name, long value) => Attribute(name, IntAttribute, Integer(3, value));

    public static byte[] Strings(string name, IReadOnlyList<string> values) => Attribute(name, StringsAttribute, [.. values.Select(v => OnnxBytes.Text(9, v))]);

    private byte[] Numbers(string name, IReadOnlyList<double> values)
        => IsDouble ? Tensor(name + "_as_tensor", values) : Floats(name, values.Select(v => (float)v));

    private byte[] Tensor(string name, IReadOnlyList<double> values) => IsDouble
        ? TensorOf(name, OnnxBytes.Double, MemoryMarshal.AsBytes<double>(values.ToArray()).ToArray(), values.Count)
        : TensorOf(name, Float, MemoryMarshal.AsBytes<float>(values.Select(v => (float)v).ToArray()).ToArray(), values.Count);

    private static byte[] TensorOf(string name, int type, byte[] raw, int count)
        => Attribute(name, TensorAttribute, Bytes(5, Message(Integer(1, count), Integer(2, type), OnnxBytes.Text(8, name), Bytes(9, raw))));

    private static byte[] Attribute(string name, int type, params byte[][] fields) => Bytes(5, Message([OnnxBytes.Text(1, name), .. fields, Integer(20, type)]));

    private Lists Draw()
    {
        var random = new Random(Seed);
        var lists = new Lists();
        for (var tree = 0; tree < Trees; tree++)
        {
            var next = 1L;
            Add(0, 0);

            void Add(long node, int depth)
            {
                var isLeaf = depth > 0 && (depth == Depth || random.NextDouble() < LeafShare);
                var (yes, no) = isLeaf ? (0, 0) : (next, next + 1);
                next += isLeaf ? 0 : 2;
                var mode = isLeaf ? "LEAF" : Modes[random.Next(Modes.Length)];
                lists.AddNode(tree, node, isLeaf ? 0 : random.Next(Features), yes, no, mode, isLeaf ? 0 : Threshold(random), MissingTracks switch { 0 => 0, 1 => 1, _ => random.Next(2) });
                if (isLeaf)
                {
                    AddLeaf(lists, random, tree, node);
                    return;
                }

                Add(yes, depth + 1);
                Add(no, depth + 1);
            }
        }

        return lists;
    }

    private void AddLeaf(Lists lists, Random random, int tree, long node)
    {
        if (HasFullLeaves)
        {
            for (var target = 0; target < Targets; target++)
            {
                lists.AddLeaf(tree, node, target, Weight(random));
            }
        }
        else
        {
            lists.AddLeaf(tree, node, OnlyTarget ?? tree % Targets, Weight(random));
        }
    }

    // Small integers and halves, so that features of any type meet them; 0 has two signs.
    private static double Threshold(Random random) => random.Next(8) switch
    {
        0 => 0,
        1 => -0.0,
        _ => random.Next(-6, 7) / 2.0,
    };

    private double Weight(Random random) => ArePositive ? random.NextSingle() / Trees : (random.NextSingle() - 0.5f) / 4;

    private sealed class Lists
    {
        public List<long> Tree { get; } = [];

        public List<long> Node { get; } = [];

        public List<long> Feature { get; } = [];

        public List<long> Yes { get; } = [];

        public List<long> No { get; } = [];

        public List<string> Mode { get; } = [];

        public List<double> Threshold { get; } = [];

        public List<long> Missing { get; } = [];

        public List<long> LeafTree { get; } = [];

        public List<long> LeafNode { get; } = [];

        public List<long> LeafTarget { get; } = [];

        public List<double> Weight { get; } = [];

        public void AddNode(long tree, long node, long feature, long yes, long no, string mode, double threshold, long missing)
        {
            Tree.Add(tree);
            Node.Add(node);
            Feature.Add(feature);
            Yes.Add(yes);
            No.Add(no);
            Mode.Add(mode);
            Threshold.Add(threshold);
            Missing.Add(missing);
        }

        public void AddLeaf(long tree, long node, long target, double weight)
        {
            LeafTree.Add(tree);
            LeafNode.Add(node);
            LeafTarget.Add(target);
            Weight.Add(weight);
        }
    }
}
