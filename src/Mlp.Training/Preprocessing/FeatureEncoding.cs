using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing;

/// <summary>
/// The whole rule by which features become inputs of a network, learned from training rows. <see cref="Encode"/> applies it here;
/// <see cref="FeatureEncodingGraph"/> writes the same rule as ONNX. Inputs stand in the order numbers, indicators, slots. Immutable and thread-safe.
/// </summary>
internal sealed class FeatureEncoding
{
    private FeatureEncoding(FeatureRowLayout layout, IReadOnlyList<NumberEncoding> numbers, IReadOnlyList<CategoryEncoding> categories, double maximumDeviation)
    {
        Layout = layout;
        Numbers = numbers;
        Categories = categories;
        MaximumDeviation = maximumDeviation;
        IndicatorCount = numbers.Count(n => n.HasIndicator);
        SlotCount = categories.Sum(c => c.SlotCount);
    }

    public FeatureRowLayout Layout { get; }

    /// <summary>Numbers by type (float32, float64, int64, boolean) and in the service's order within a type; each element of a vector is one.</summary>
    public IReadOnlyList<NumberEncoding> Numbers { get; }

    /// <summary>Texts, then integers that are codes, each in the service's order.</summary>
    public IReadOnlyList<CategoryEncoding> Categories { get; }

    public double MaximumDeviation { get; }

    public int IndicatorCount { get; }

    public int SlotCount { get; }

    /// <summary>Numbers of a row in the dense part.</summary>
    public int Width => Numbers.Count + IndicatorCount + SlotCount;

    /// <summary>Features that reach the model as ids, beside the dense part.</summary>
    public IReadOnlyList<IdColumn> Ids { get; } = [];

    /// <summary>Learns from the first rows of a table.</summary>
    /// <param name="table">Rows.</param>
    /// <param name="rowCount">How many of them to learn from, at least 1; later rows are not looked at.</param>
    /// <param name="options">Settings.</param>
    /// <exception cref="ArgumentException">A feature that is declared categorical does not exist or is neither int64 nor text.</exception>
    public static FeatureEncoding Learn(FeatureTable table, int rowCount, PreprocessingOptions options)
    {
        var codes = DeclaredCodes(table.Layout, options);
        var columns = Enumerable.Range(0, table.Columns.Count).OrderBy(i => table.Columns[i].Feature.Type).ToList();
        var numbers = columns
            .Where(i => table.Columns[i].Feature.Type != FeatureType.String && !codes.Contains(i))
            .SelectMany(i => Enumerable.Range(0, table.Columns[i].ElementCount).Select(element => NumberEncoding.Learn(table.Columns[i], i, element, rowCount)))
            .ToList();
        var categories = new List<CategoryEncoding>();
        var slot = 0;
        foreach (var i in columns.Where(i => table.Columns[i].Feature.Type == FeatureType.String).Concat(columns.Where(codes.Contains)))
        {
            var category = CategoryEncoding.Learn(table.Columns[i], i, slot, rowCount, options);
            categories.Add(category);
            slot += category.SlotCount;
        }

        return new(table.Layout, numbers, categories, options.MaximumDeviation);
    }

    /// <summary>Applies the rule to rows of the same features.</summary>
    public EncodedRows Encode(FeatureTable table)
    {
        var numberWidth = Numbers.Count + IndicatorCount;
        var numbers = new float[checked(table.RowCount * numberWidth)];
        var indicator = Numbers.Count;
        for (var i = 0; i < Numbers.Count; i++)
        {
            var column = table.Columns[Numbers[i].Column].SourceOf(Numbers[i].Element);
            for (var row = 0; row < table.RowCount; row++)
            {
                var z = Numbers[i].Standardise(column.NumberAt(row), MaximumDeviation);
                numbers[(row * numberWidth) + i] = double.IsNaN(z) ? 0 : (float)z;
                if (Numbers[i].HasIndicator)
                {
                    numbers[(row * numberWidth) + indicator] = double.IsNaN(z) ? 1 : 0;
                }
            }

            indicator += Numbers[i].HasIndicator ? 1 : 0;
        }

        var slots = new int[checked(table.RowCount * Categories.Count)];
        for (var i = 0; i < Categories.Count; i++)
        {
            var ofColumn = Categories[i].Encode(table.Columns[Categories[i].Column]);
            for (var row = 0; row < ofColumn.Length; row++)
            {
                slots[(row * Categories.Count) + i] = ofColumn[row];
            }
        }

        return new(table.RowCount, numbers, numberWidth, slots, Categories.Count, Width, [], 0);
    }

    private static HashSet<int> DeclaredCodes(FeatureRowLayout layout, PreprocessingOptions options)
    {
        var codes = new HashSet<int>();
        foreach (var name in options.CategoricalFeatures)
        {
            var index = layout.IndexOf(name);
            if (index < 0)
            {
                throw new ArgumentException($"Expected the categorical feature '{name}' among the features, but found {string.Join(", ", layout.Columns.Select(c => $"'{c.Name}'"))}.", nameof(options));
            }

            var type = layout.Columns[index].Type;
            if (type == FeatureType.Int64)
            {
                codes.Add(index);
            }
            else if (type != FeatureType.String)
            {
                throw new ArgumentException($"Expected the categorical feature '{name}' to be of type Int64 or String, but found {type}.", nameof(options));
            }
        }

        return codes;
    }
}
