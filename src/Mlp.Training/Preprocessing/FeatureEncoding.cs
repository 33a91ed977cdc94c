using Mlp.Runtime.Data;
using Mlp.Training.Preprocessing.Categories;
using Mlp.Training.Preprocessing.Numbers;

namespace Mlp.Training.Preprocessing;

/// <summary>
/// The whole rule by which features become inputs of a network, learned from training rows. <see cref="Encode"/> applies it here; <see cref="FeatureEncodingGraph"/> writes the same
/// rule as ONNX. Dense outputs stand in the order numbers of all blocks, slots of all blocks. Immutable and thread-safe.
/// </summary>
internal sealed class FeatureEncoding
{
    private readonly BlockShape[] _shapes;

    public FeatureEncoding(FeatureRowLayout layout, IReadOnlyList<EncodedBlock> blocks)
    {
        (Layout, Blocks) = (layout, blocks);
        _shapes = [.. blocks.Select(b => b.ShapeOf(layout))];
        OutputNames = [.. _shapes.SelectMany(s => s.Floats), .. _shapes.SelectMany(s => s.Slots)];
        Ids = [.. _shapes.SelectMany(s => s.Ids)];
    }

    public FeatureRowLayout Layout { get; }

    /// <summary>What was learned, by groups of features that are treated alike.</summary>
    public IReadOnlyList<EncodedBlock> Blocks { get; }

    /// <summary>Names of the dense outputs, in order.</summary>
    public IReadOnlyList<string> OutputNames { get; }

    /// <summary>Numbers of a row in the dense part.</summary>
    public int Width => OutputNames.Count;

    /// <summary>Features that reach the model as ids, beside the dense part.</summary>
    public IReadOnlyList<IdColumn> Ids { get; }

    /// <summary>The categories that have a slot per value.</summary>
    public IReadOnlyList<CategoryEncoding> Categories => [.. Blocks.OfType<OneHotBlock>().SelectMany(b => b.Categories)];

    /// <summary>The numbers that are scaled.</summary>
    public IReadOnlyList<NumberEncoding> Numbers => [.. Blocks.OfType<NumbersBlock>().SelectMany(b => b.Numbers)];

    /// <summary>Learns from the first rows of a table.</summary>
    /// <param name="table">Rows.</param>
    /// <param name="rowCount">How many of them to learn from, at least 1; later rows are not looked at.</param>
    /// <param name="options">Settings.</param>
    /// <exception cref="ArgumentException">A feature that the settings name does not exist or is of a type that they cannot mean.</exception>
    /// <exception cref="TrainingDataException">A column has no value, or values that its rule cannot be learned from.</exception>
    public static FeatureEncoding Learn(FeatureTable table, int rowCount, PreprocessingOptions options)
    {
        var learner = new FeatureEncodingLearner(table.Layout, options);
        learner.Add(table, rowCount);
        return learner.Complete();
    }

    /// <summary>Learns from the first rows of a training set in memory, labels and weights included.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="rowCount">How many of them to learn from, at least 1.</param>
    /// <param name="options">Settings.</param>
    /// <param name="target">What the rows are encoded for.</param>
    /// <exception cref="ArgumentException">A feature that the settings name does not exist or is of a type that they cannot mean.</exception>
    /// <exception cref="TrainingDataException">A column has no value, or values that its rule cannot be learned from.</exception>
    public static FeatureEncoding Learn(LabelledRows rows, int rowCount, PreprocessingOptions options, EncodingTarget target)
    {
        var learner = new FeatureEncodingLearner(rows.Table.Layout, options, target);
        learner.Add(rows.Table, rowCount, rows.Labels[..rowCount], rows.Weights.IsEmpty ? default : rows.Weights[..rowCount]);
        return learner.Complete();
    }

    /// <summary>Whether the reference profile counts a feature's values instead of binning them.</summary>
    /// <param name="column">Index of the feature.</param>
    public bool IsCode(int column) => Blocks.Any(b => b.CodeColumns.Contains(column));

    /// <summary>Applies the rule to rows of the same features.</summary>
    public EncodedRows Encode(FeatureTable table) => EncodeBlocks(table, static (block, table, rows) => block.Encode(table, rows));

    /// <summary>Applies the rule to a table whose first rows it was learned from: what a network trains on. Those rows differ from <see cref="Encode"/> where their labels have entered the rule.</summary>
    /// <param name="table">Rows.</param>
    /// <param name="learnedCount">How many of them, from the first, it was learned from.</param>
    public EncodedRows EncodeLearned(FeatureTable table, int learnedCount) => EncodeBlocks(table, (block, table, rows) => block.EncodeLearned(table, learnedCount, rows));

    private EncodedRows EncodeBlocks(FeatureTable table, Action<EncodedBlock, FeatureTable, BlockRows> encode)
    {
        var rows = new EncodedRowsBuilder(table.RowCount, _shapes.Sum(s => s.Floats.Count), _shapes.Sum(s => s.SlotsPerRow), Ids.Count);
        var (floats, entries, slots, ids) = (0, 0, 0, 0);
        for (var i = 0; i < _shapes.Length; i++)
        {
            encode(Blocks[i], table, new(rows, floats, entries, slots, ids));
            floats += _shapes[i].Floats.Count;
            entries += _shapes[i].SlotsPerRow;
            slots += _shapes[i].Slots.Count;
            ids += _shapes[i].Ids.Count;
        }

        return rows.Build(Width);
    }
}
