namespace Mlp.Training.Preprocessing.Categories;

/// <summary>One or more numbers per entry of a categorical feature: its place in an order, its frequency, or the mean of the label. Immutable and thread-safe.</summary>
/// <param name="Index">Brings values down to entries.</param>
/// <param name="OutputNames">A name per number of an entry.</param>
/// <param name="Table">Shape (entries, outputs), row-major.</param>
internal sealed record CategoryValues(CategoryVocabulary Index, IReadOnlyList<string> OutputNames, IReadOnlyList<float> Table)
{
    /// <summary>Tables of the same shape for training rows, one per fold, when labels have entered the numbers: the rows of a fold take the table that the other folds made. Else empty.</summary>
    public IReadOnlyList<IReadOnlyList<float>> FoldTables { get; init; } = [];

    /// <summary>Which training row is in which fold.</summary>
    public TargetFolds Folds { get; init; }

    /// <summary>The place of a value in the vocabulary, from 0.</summary>
    /// <param name="index">The vocabulary.</param>
    /// <param name="name">Name of the output.</param>
    /// <param name="unknown">The number of a value without an entry.</param>
    /// <param name="missing">The number of a missing value.</param>
    public static CategoryValues Ordinal(CategoryVocabulary index, string name, float unknown, float missing)
        => new(index, [name], [.. Enumerable.Range(0, index.Count).Select(i => (float)i), unknown, missing]);

    /// <summary>How frequent a value is among the training rows; 0 for one that none had.</summary>
    /// <param name="index">The vocabulary.</param>
    /// <param name="name">Name of the output.</param>
    /// <param name="counts">Training rows per entry.</param>
    /// <param name="measure">What is told of the frequency.</param>
    public static CategoryValues Frequency(CategoryVocabulary index, string name, int[] counts, FrequencyMeasure measure)
    {
        double rows = counts.Sum();
        return new(index, [name], [.. counts.Select(count => measure switch
        {
            FrequencyMeasure.Count => count,
            FrequencyMeasure.LogarithmOfCount => (float)Math.Log(1.0 + count),
            _ => (float)(count / rows),
        })]);
    }

    /// <summary>The same numbers with mean 0 and (population) standard deviation 1 over the training rows; a constant becomes 0. A NaN stays one and does not count.</summary>
    /// <param name="counts">Training rows per entry.</param>
    public CategoryValues Standardise(int[] counts)
    {
        var table = Table.ToArray();
        var width = OutputNames.Count;
        for (var output = 0; output < width; output++)
        {
            double rows = 0, sum = 0, squares = 0;
            for (var entry = 0; entry < counts.Length; entry++)
            {
                var value = table[(entry * width) + output];
                (rows, sum) = float.IsNaN(value) ? (rows, sum) : (rows + counts[entry], sum + ((double)value * counts[entry]));
            }

            var mean = rows == 0 ? 0 : sum / rows;
            for (var entry = 0; entry < counts.Length; entry++)
            {
                var distance = table[(entry * width) + output] - mean;
                squares += double.IsNaN(distance) ? 0 : distance * distance * counts[entry];
            }

            var deviation = squares == 0 ? 1 : Math.Sqrt(squares / rows);
            for (var entry = 0; entry < counts.Length; entry++)
            {
                ref var value = ref table[(entry * width) + output];
                value = (float)((value - mean) / deviation);
            }
        }

        return this with { Table = table };
    }
}
