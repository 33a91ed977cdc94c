using System.Globalization;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Trees;

/// <summary>
/// Brings the features into the form in which the trees of ONNX read them as LightGBM reads them: a zero that is a missing value becomes NaN, a category loses its fraction. Features
/// that need nothing stay where they are.
/// </summary>
internal sealed class TreeColumnsGraph
{
    private readonly OnnxGraphBuilder _graph;
    private readonly bool _isWide;
    private readonly Dictionary<(int Feature, TreeColumnKind Kind), int> _positions = [];

    private TreeColumnsGraph(OnnxGraphBuilder graph, bool isWide) => (_graph, _isWide) = (graph, isWide);

    /// <summary>Name of the value that the trees take.</summary>
    public string Value { get; private set; } = string.Empty;

    /// <summary>The column of the value in which a split finds its feature.</summary>
    public int ColumnOf(LightGbmTree tree, int split, bool areCategoriesWhole) => _positions[(tree.Features[split], KindOf(tree, split, areCategoriesWhole))];

    /// <summary>Adds the nodes.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="input">Shape (N, features), of the type that the trees compare in.</param>
    /// <param name="trees">The trees.</param>
    /// <param name="featureCount">Features.</param>
    /// <param name="isWide">Whether the input is float64.</param>
    /// <param name="areCategoriesWhole">Whether the input has no fractions of categories.</param>
    public static TreeColumnsGraph Write(OnnxGraphBuilder graph, string input, IReadOnlyList<LightGbmTree> trees, int featureCount, bool isWide, bool areCategoriesWhole)
    {
        var writer = new TreeColumnsGraph(graph, isWide);
        var used = trees.SelectMany(t => Enumerable.Range(0, t.SplitCount).Select(s => (Feature: t.Features[s], Kind: KindOf(t, s, areCategoriesWhole)))).Distinct().ToList();
        if (used.TrueForAll(u => u.Kind == TreeColumnKind.Number))
        {
            writer.Value = input;
            used.ForEach(u => writer._positions.Add(u, u.Feature));
            return writer;
        }

        var parts = new List<string>();
        foreach (var group in used.Order().GroupBy(u => u.Kind).OrderBy(g => g.Key))
        {
            int[] features = [.. group.Select(u => u.Feature)];
            foreach (var column in group)
            {
                writer._positions.Add(column, writer._positions.Count);
            }

            parts.Add(writer.Prepare(writer.Columns(input, features, featureCount), group.Key));
        }

        writer.Value = parts is [var only] ? only : graph.AddNode("Concat", parts, [OnnxAttribute.Int("axis", 1)], output: "tree_columns");
        return writer;
    }

    private static TreeColumnKind KindOf(LightGbmTree tree, int split, bool areCategoriesWhole)
        => tree.IsCategorical(split)
            ? areCategoriesWhole ? TreeColumnKind.Number : TreeColumnKind.Category
            : tree.MissingOf(split) == LightGbmMissing.Zero ? TreeColumnKind.ZeroMissing : TreeColumnKind.Number;

    private string Columns(string value, int[] wanted, int width)
    {
        if (wanted.SequenceEqual(Enumerable.Range(0, width)))
        {
            return value;
        }

        var name = string.Create(CultureInfo.InvariantCulture, $"tree_features_{_graph.NodeCount}");
        return _graph.AddNode("Gather", [value, _graph.AddConstant(name, [.. wanted.Select(i => (long)i)], wanted.Length)], [OnnxAttribute.Int("axis", 1)]);
    }

    private string Prepare(string value, TreeColumnKind kind)
    {
        switch (kind)
        {
            case TreeColumnKind.ZeroMissing:
                // Within the threshold a clipped value is the value itself; NaN stays NaN.
                var clipped = _graph.AddNode("Clip", [value, Constant("least_zero", -LightGbmTree.ZeroThreshold), Constant("greatest_zero", LightGbmTree.ZeroThreshold)]);
                return _graph.AddNode("Where", [_graph.AddNode("Equal", [clipped, value]), Constant("missing_zero", float.NaN), value]);
            case TreeColumnKind.Category:
                // NaN has no integer: it becomes -1, which is in no set either.
                var known = _graph.AddNode("Where", [_graph.AddNode("IsNaN", [value]), Constant("no_category", -1), value]);
                var whole = _graph.AddNode("Cast", [known], [OnnxAttribute.Int("to", (int)OnnxDataType.Int64)]);
                return _graph.AddNode("Cast", [whole], [OnnxAttribute.Int("to", (int)(_isWide ? OnnxDataType.Float64 : OnnxDataType.Float32))]);
            default:
                return value;
        }
    }

    private string Constant(string name, float value)
        => _isWide ? _graph.AddConstant(name, (ReadOnlySpan<double>)[value]) : _graph.AddConstant(name, (ReadOnlySpan<float>)[value]);
}
