using Apache.Arrow;
using Mlp.Training.Sampling;

namespace Mlp.Training.Evaluation.Slices;

/// <summary>A row as conditions see it: every column of the rows, whether a feature or not. Valid only while the condition runs.</summary>
public readonly struct SliceRow
{
    private readonly RecordBatch _batch;
    private readonly int _row;

    internal SliceRow(RecordBatch batch, int row) => (_batch, _row) = (batch, row);

    /// <summary>Whether a column has a value.</summary>
    /// <param name="column">Name of the column.</param>
    /// <exception cref="TrainingDataException">There is no such column.</exception>
    public bool IsPresent(string column) => _batch.Column(Columns.IndexOf(_batch.Schema, column)).IsValid(_row);

    /// <summary>The number in a column; of truth values 0 or 1, of a time its microseconds or whatever its unit is; NaN where there is none.</summary>
    /// <param name="column">Name of the column.</param>
    /// <exception cref="TrainingDataException">There is no such column, or it does not hold numbers.</exception>
    public double Number(string column) => SliceValue.NumberOf(_batch.Column(Columns.IndexOf(_batch.Schema, column)), _row, column);

    /// <summary>The text in a column; of a number its digits; null where there is none.</summary>
    /// <param name="column">Name of the column.</param>
    /// <exception cref="TrainingDataException">There is no such column, or it holds neither texts nor numbers.</exception>
    public string? Text(string column) => SliceValue.TextOf(_batch.Column(Columns.IndexOf(_batch.Schema, column)), _row, column);
}
