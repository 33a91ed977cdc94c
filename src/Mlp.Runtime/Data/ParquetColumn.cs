using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Runtime.Data;

/// <summary>
/// How the values of one column lie in Parquet so that they come back bit for bit: numbers, truth values and texts as themselves, times and other types as the integers behind them, but for the time of a
/// row, which every reader of Parquet shall know as one; vectors as lists.
/// </summary>
internal sealed class ParquetColumn
{
    private readonly bool _isTime;

    /// <summary>Chooses the form of a column.</summary>
    /// <param name="field">The column.</param>
    /// <param name="isTimeOfRow">Whether it holds a time within the years 1 to 9999.</param>
    /// <exception cref="NotSupportedException">The type is not kept in files.</exception>
    public ParquetColumn(Field field, bool isTimeOfRow)
    {
        Field = field;
        _isTime = isTimeOfRow && field.DataType is TimestampType { Unit: TimeUnit.Microsecond };
        (StoredType, SqlType) = field.DataType switch
        {
            BooleanType => ((IArrowType)BooleanType.Default, "BOOLEAN"),
            Int8Type => (Int8Type.Default, "TINYINT"),
            Int16Type => (Int16Type.Default, "SMALLINT"),
            Int32Type or Date32Type or Time32Type => (Int32Type.Default, "INTEGER"),
            Int64Type or Date64Type or Time64Type or TimestampType or DurationType => (Int64Type.Default, "BIGINT"),
            UInt8Type => (UInt8Type.Default, "UTINYINT"),
            UInt16Type or HalfFloatType => (UInt16Type.Default, "USMALLINT"),
            UInt32Type => (UInt32Type.Default, "UINTEGER"),
            UInt64Type => (UInt64Type.Default, "UBIGINT"),
            FloatType => (FloatType.Default, "FLOAT"),
            DoubleType => (DoubleType.Default, "DOUBLE"),
            StringType => (StringType.Default, "VARCHAR"),
            FixedSizeListType { ValueDataType: FloatType, ListSize: > 0 } => (VectorColumn.StagedType, "FLOAT[]"),
            _ => throw new NotSupportedException($"Column '{field.Name}' has type {field.DataType.Name}, which a training set in files cannot have."),
        };
    }

    /// <summary>The column as it is in memory.</summary>
    public Field Field { get; }

    /// <summary>The Arrow type of its values while they are brought to a file.</summary>
    public IArrowType StoredType { get; }

    /// <summary>The same in SQL.</summary>
    public string SqlType { get; }

    /// <summary>The expression that is written to the file.</summary>
    public string WriteSql => _isTime ? $"make_timestamp({Name})::TIMESTAMPTZ AS {Name}" : Name;

    /// <summary>The expression that reads it.</summary>
    public string ReadSql => _isTime ? $"epoch_us({Name}) AS {Name}" : $"{Name}::{SqlType} AS {Name}";

    private string Name => SqlText.Name(Field.Name);

    /// <summary>The same values as their stored type. The result shares memory with the array and takes its place.</summary>
    /// <param name="array">The values as the type of the column.</param>
    public IArrowArray ToStored(IArrowArray array) => array is FixedSizeListArray vectors ? VectorColumn.ToLists(vectors) : ArrayBits.As(array, StoredType);

    /// <summary>The same values as the type of the column. The result takes the place of the array, whose memory it shares or, of vectors, gives up.</summary>
    /// <param name="array">The values as they were read.</param>
    /// <param name="path">The file that they come from, for messages.</param>
    /// <exception cref="CorruptFileException">A vector has another length than the column says, or lacks an element.</exception>
    public IArrowArray FromStored(IArrowArray array, string path)
    {
        if (Field.DataType is not FixedSizeListType vector)
        {
            return ArrayBits.As(array, Field.DataType);
        }

        using (array)
        {
            return VectorColumn.TryCreate(array)!.ToFixedSize(
                vector.ListSize,
                (expected, found, _) => new CorruptFileException(path, $"Expected {expected} in every row of column '{Field.Name}' in '{path}', but found {found}."));
        }
    }
}
