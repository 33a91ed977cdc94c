using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>Learns how numbers are scaled.</summary>
internal sealed class NumbersLearner : BlockLearner
{
    private readonly IReadOnlyList<(int Column, int Element)> _numbers;
    private readonly FeatureRowLayout _layout;
    private readonly PreprocessingOptions _options;
    private readonly NumberSample[] _samples;

    private NumbersLearner(IReadOnlyList<(int Column, int Element)> numbers, FeatureRowLayout layout, PreprocessingOptions options)
    {
        (_numbers, _layout, _options) = (numbers, layout, options);
        _samples = [.. numbers.Select(_ => new NumberSample())];
    }

    /// <summary>Learners for numbers, one for all that are treated alike.</summary>
    /// <param name="layout">The features.</param>
    /// <param name="columns">Indexes of the features, by type.</param>
    /// <param name="options">Settings.</param>
    public static IEnumerable<BlockLearner> Plan(FeatureRowLayout layout, IReadOnlyList<int> columns, PreprocessingOptions options)
        => columns.Count == 0 ? [] : [new NumbersLearner([.. columns.SelectMany(c => Enumerable.Range(0, layout.Columns[c].Length).Select(e => (c, e)))], layout, options)];

    /// <inheritdoc/>
    public override void Add(FeatureTable table, int rowCount, ReadOnlySpan<double> labels, ReadOnlySpan<float> weights)
    {
        for (var i = 0; i < _samples.Length; i++)
        {
            _samples[i].Add(table.Columns[_numbers[i].Column].SourceOf(_numbers[i].Element), rowCount);
        }
    }

    /// <inheritdoc/>
    public override EncodedBlock Complete() => new NumbersBlock([.. _numbers.Select((n, i) => Learn(n.Column, n.Element, _samples[i]))], _options.MaximumDeviation);

    private NumberEncoding Learn(int column, int element, NumberSample sample)
    {
        var (mean, deviation) = sample.MeanAndDeviation(_layout.Columns[column].Name);
        return new(column, mean, deviation, sample.MissingCount > 0) { Element = element };
    }
}
