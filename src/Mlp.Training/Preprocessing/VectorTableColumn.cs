using System.Runtime.InteropServices;
using Apache.Arrow;
using Mlp.Runtime.Data;

namespace Mlp.Training.Preprocessing;

/// <summary>A vector of float32 per row. Each of its elements is a number by itself.</summary>
internal sealed class VectorTableColumn(FeatureColumn feature) : TableColumn(feature)
{
    private readonly List<float> _values = [];
    private float[]? _absent;

    /// <summary>Number of elements of a vector.</summary>
    public int Length => Feature.Length;

    /// <inheritdoc/>
    public override int ElementCount => Length;

    /// <summary>The elements of a row; NaN where it is not present.</summary>
    public ReadOnlySpan<float> ValuesOf(int row) => CollectionsMarshal.AsSpan(_values).Slice(row * Length, Length);

    /// <inheritdoc/>
    public override INumberSource SourceOf(int element) => new Element(this, element);

    protected override void AppendValues(IArrowArray array)
    {
        if (VectorColumn.TryCreate(array) is not { } vectors)
        {
            throw WrongType(array);
        }

        var first = RowCount;
        for (var row = 0; row < vectors.Length; row++)
        {
            if (vectors.IsNull(row))
            {
                _values.AddRange(_absent ??= [.. Enumerable.Repeat(float.NaN, Length)]);
                continue;
            }

            _values.AddRange(vectors.Require(row, Length, (expected, found, at) => new TrainingDataException(
                FormattableString.Invariant($"Expected {expected} in every row of column '{Feature.Name}', but found {found} in row {first + at}."), Feature.Name, first + at)));
        }
    }

    private sealed class Element(VectorTableColumn column, int element) : INumberSource
    {
        public double NumberAt(int row) => column._values[(row * column.Length) + element];
    }
}
