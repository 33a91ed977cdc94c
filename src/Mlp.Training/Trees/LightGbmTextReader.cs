using System.Globalization;

namespace Mlp.Training.Trees;

/// <summary>Reads the lines of a text model: a header of <c>key=value</c>, a block per tree, and the parameters in brackets.</summary>
internal sealed class LightGbmTextReader
{
    private readonly string[] _lines;
    private int _next;

    private LightGbmTextReader(string text) => _lines = text.ReplaceLineEndings("\n").Split('\n');

    public Dictionary<string, string> Header { get; } = new(StringComparer.Ordinal);

    public List<LightGbmTree> Trees { get; } = [];

    public Dictionary<string, string> Parameters { get; } = new(StringComparer.Ordinal);

    /// <summary>Reads a model.</summary>
    /// <exception cref="LightGbmFormatException">The text is none.</exception>
    public static LightGbmTextReader Read(string text)
    {
        var reader = new LightGbmTextReader(text);
        if (reader._lines[0].Trim() != "tree")
        {
            throw new LightGbmFormatException("Expected a LightGBM text model, which begins with the line 'tree', but found another text.");
        }

        reader._next = 1;
        reader.ReadBlock(reader.Header, line => line.StartsWith("Tree=", StringComparison.Ordinal) || line == "end of trees", skipsEmpty: true);
        var featureCount = reader.HeaderInt("max_feature_idx", 0) + 1;
        while (reader._next < reader._lines.Length && reader._lines[reader._next].StartsWith("Tree=", StringComparison.Ordinal))
        {
            reader.ReadTree(featureCount);
        }

        if (reader._next >= reader._lines.Length || reader._lines[reader._next] != "end of trees")
        {
            throw new LightGbmFormatException(FormattableString.Invariant($"Expected the line 'end of trees' after {reader.Trees.Count} trees, but the text ends or goes on otherwise in line {reader._next + 1}."));
        }

        reader.ReadParameters();
        return reader;
    }

    /// <summary>A whole number of the header.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="least">The least it may be.</param>
    public int HeaderInt(string key, int least)
        => Header.TryGetValue(key, out var value) && int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw new LightGbmFormatException($"Expected a line '{key}=' with a number of {least} or more in the model's header, but found none.");

    private void ReadBlock(Dictionary<string, string> block, Func<string, bool> isEnd, bool skipsEmpty)
    {
        for (; _next < _lines.Length && !isEnd(_lines[_next]); _next++)
        {
            var line = _lines[_next].TrimEnd();
            if (line.Length == 0)
            {
                if (skipsEmpty)
                {
                    continue;
                }

                return;
            }

            var equals = line.IndexOf('=', StringComparison.Ordinal);
            block[equals < 0 ? line : line[..equals]] = equals < 0 ? string.Empty : line[(equals + 1)..];
        }
    }

    private void ReadTree(int featureCount)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        _next++;
        ReadBlock(fields, line => line.StartsWith("Tree=", StringComparison.Ordinal) || line == "end of trees", skipsEmpty: false);
        while (_next < _lines.Length && _lines[_next].Trim().Length == 0)
        {
            _next++;
        }

        var number = Trees.Count;
        if (Text("is_linear", "0") != "0")
        {
            throw new LightGbmFormatException("Expected trees with a number in each leaf, but the model was trained with linear_tree: ONNX has no operator for linear models in leaves.");
        }

        var leafCount = Ints("num_leaves", 1)[0];
        if (leafCount < 1)
        {
            throw Wrong("num_leaves");
        }

        var splitCount = leafCount - 1;
        var tree = new LightGbmTree
        {
            Features = Ints("split_feature", splitCount),
            Thresholds = Numbers("threshold", splitCount),
            Decisions = fields.ContainsKey("decision_type") ? [.. Ints("decision_type", splitCount).Select(d => (byte)d)] : new byte[splitCount],
            LeftChildren = Ints("left_child", splitCount),
            RightChildren = Ints("right_child", splitCount),
            Leaves = Numbers("leaf_value", leafCount),
            CategoryBoundaries = Text("num_cat", "0") == "0" ? [] : Ints("cat_boundaries", Ints("num_cat", 1)[0] + 1),
            CategoryBits = Text("num_cat", "0") == "0" ? [] : [.. Words("cat_threshold").Select(w => uint.TryParse(w, CultureInfo.InvariantCulture, out var bits) ? bits : throw Wrong("cat_threshold"))],
            Gains = fields.ContainsKey("split_gain") ? Numbers("split_gain", splitCount) : new double[splitCount],
        };
        LightGbmTreeCheck.ThrowIfBroken(tree, number, featureCount);
        Trees.Add(tree);

        string Text(string key, string otherwise) => fields.TryGetValue(key, out var value) ? value.Trim() : otherwise;

        string[] Words(string key) => Text(key, string.Empty).Split(' ', StringSplitOptions.RemoveEmptyEntries);

        LightGbmFormatException Wrong(string key) => new(FormattableString.Invariant($"Expected the numbers of '{key}' in tree {number}, but found other text, or more or fewer than it needs."));

        int[] Ints(string key, int count)
        {
            var words = count == 0 ? [] : Words(key);
            return words.Length != count
                ? throw Wrong(key)
                : [.. words.Select(w => int.TryParse(w, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : throw Wrong(key))];
        }

        double[] Numbers(string key, int count)
        {
            var words = count == 0 ? [] : Words(key);
            return words.Length != count ? throw Wrong(key) : [.. words.Select(w => Number(w) ?? throw Wrong(key))];
        }
    }

    // LightGBM writes C's "inf", which double.Parse does not know.
    private static double? Number(string word) => word switch
    {
        "inf" => double.PositiveInfinity,
        "-inf" => double.NegativeInfinity,
        _ => double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && !double.IsNaN(value) ? value : null,
    };

    private void ReadParameters()
    {
        for (; _next < _lines.Length && _lines[_next] != "end of parameters"; _next++)
        {
            var line = _lines[_next].Trim();
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (line.StartsWith('[') && line.EndsWith(']') && colon > 0)
            {
                Parameters[line[1..colon]] = line[(colon + 2)..^1];
            }
        }
    }
}
