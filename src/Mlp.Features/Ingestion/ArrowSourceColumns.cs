using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Interop;
using Mlp.Runtime.Data;

namespace Mlp.Features.Ingestion;

/// <summary>Brings the columns of Arrow batches into types that DuckDB takes whole: a time zone would make it cut nanoseconds, and encodings of text are no concern of its tables.</summary>
internal sealed class ArrowSourceColumns
{
    private readonly List<(int Index, string Name, IArrowType Type, string Sql, Func<IArrowArray, IArrowArray> Convert)> _columns = [];
    private readonly Schema _source;
    private readonly string _origin;
    private readonly string _named;
    private long _rowsBefore;

    /// <summary>Finds the columns that are taken.</summary>
    /// <param name="source">Schema of the batches.</param>
    /// <param name="roles">What the columns are read for.</param>
    /// <param name="origin">Where the rows come from, as exceptions carry it.</param>
    /// <param name="named">The same in sentences.</param>
    /// <exception cref="IngestException">A column that is read for a feature has another type, two have one name, or there is none.</exception>
    internal ArrowSourceColumns(Schema source, ArrowColumnRoles roles, string origin, string named)
    {
        _source = source;
        _origin = origin;
        _named = named;
        for (var i = 0; i < source.FieldsList.Count; i++)
        {
            var field = source.FieldsList[i];
            if (field.DataType is NestedType nested && roles.Features.Contains(field.Name) && !VectorColumn.IsVector(nested))
            {
                throw new IngestException(
                    origin,
                    $"Expected column '{field.Name}' of {named} to hold one value per row or a vector (a list or a fixed-size list of float or half), but found {nested.Name} of {string.Join(", ", nested.Fields.Select(part => part.DataType.Name))}.",
                    field.Name);
            }

            if (FindConversion(field, roles) is { } conversion)
            {
                _columns.Add((i, field.Name, conversion.Type, conversion.Sql, conversion.Convert));
            }
        }

        if (_columns.GroupBy(column => column.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new IngestException(origin, $"Expected the column names of {named} to be unique without regard to case, but '{twice.Key}' occurs {twice.Count()} times.", twice.Key);
        }

        if (_columns.Count == 0)
        {
            throw new IngestException(origin, $"Expected columns of numbers, texts, times, GUIDs or vectors in {named}, but found none.");
        }

        Schema = new Schema(_columns.Select(column => new Field(column.Name, column.Type, nullable: true)), metadata: null);
    }

    /// <summary>Schema of converted batches.</summary>
    internal Schema Schema { get; }

    /// <summary>Whether batches share dictionaries.</summary>
    internal bool HasDictionaries => _source.FieldsList.Any(column => column.DataType is DictionaryType or NestedType);

    /// <summary>Names and types in SQL.</summary>
    internal IEnumerable<string> Sql => _columns.Select(column => $"{Interop.Sql.Name(column.Name)} {column.Sql}");

    /// <summary>Converts a batch; it shares memory with the source.</summary>
    internal RecordBatch Convert(RecordBatch batch)
    {
        if (batch.ColumnCount != _source.FieldsList.Count)
        {
            throw new IngestException(_origin, $"Expected {_source.FieldsList.Count} columns in every batch of {_named}, but found {batch.ColumnCount}.");
        }

        if (_columns.Find(column => column.Index < batch.ColumnCount && batch.Column(column.Index).Data.DataType.TypeId != _source.FieldsList[column.Index].DataType.TypeId) is { Name: { } other })
        {
            throw new IngestException(_origin, $"Expected column '{other}' to have one type in all batches of {_named}, but found another in a later one.", other);
        }

        var converted = new RecordBatch(Schema, _columns.Select(column => column.Convert(batch.Column(column.Index))), batch.Length);
        _rowsBefore += batch.Length;
        return converted;
    }

    private (IArrowType Type, string Sql, Func<IArrowArray, IArrowArray> Convert)? FindConversion(Field field, ArrowColumnRoles roles) => field.DataType switch
    {
        Int64Type when roles.Times.Contains(field.Name) => Time(TimeUnit.Microsecond, "TIMESTAMP"),
        Date64Type => Time(TimeUnit.Millisecond, "TIMESTAMP_MS"),
        TimestampType { Unit: TimeUnit.Second } => Time(TimeUnit.Second, "TIMESTAMP_S"),
        TimestampType { Unit: TimeUnit.Millisecond } => Time(TimeUnit.Millisecond, "TIMESTAMP_MS"),
        TimestampType { Unit: TimeUnit.Nanosecond } => Time(TimeUnit.Nanosecond, "TIMESTAMP_NS"),
        TimestampType => Time(TimeUnit.Microsecond, "TIMESTAMP"),
        Date32Type => AsIs(field, "DATE"),
        Int8Type => AsIs(field, "TINYINT"),
        Int16Type => AsIs(field, "SMALLINT"),
        Int32Type => AsIs(field, "INTEGER"),
        Int64Type => AsIs(field, "BIGINT"),
        UInt8Type => AsIs(field, "UTINYINT"),
        UInt16Type => AsIs(field, "USMALLINT"),
        UInt32Type => AsIs(field, "UINTEGER"),
        UInt64Type => AsIs(field, "UBIGINT"),
        FloatType => AsIs(field, "FLOAT"),
        DoubleType => AsIs(field, "DOUBLE"),
        HalfFloatType => (FloatType.Default, "FLOAT", ArrowColumns.FromHalf),
        BooleanType => AsIs(field, "BOOLEAN"),
        Decimal128Type type => AsIs(field, string.Create(CultureInfo.InvariantCulture, $"DECIMAL({type.Precision}, {type.Scale})")),
        StringType or StringViewType or LargeStringType or DictionaryType { ValueType: StringType or StringViewType or LargeStringType }
            => (StringType.Default, "VARCHAR", array => ArrowTexts.Read(array, ErrorFor(field.Name))!),
        NestedType type when VectorColumn.IsVector(type) => (VectorColumn.StagedType, Interop.Sql.VectorType, static array => VectorColumn.TryCreate(array)!.ToLists()),
        FixedSizeBinaryType { ByteWidth: 16 } when roles.Guids.Contains(field.Name) => (StringType.Default, "VARCHAR", array => ToGuids(array, field.Name)),
        _ => null,
    };

    private static (IArrowType Type, string Sql, Func<IArrowArray, IArrowArray> Convert) AsIs(Field field, string sql) => (field.DataType, sql, static array => array);

    private static (IArrowType Type, string Sql, Func<IArrowArray, IArrowArray> Convert) Time(TimeUnit unit, string sql)
    {
        var type = new TimestampType(unit, (string?)null);
        return (type, sql, array => new TimestampArray(new ArrayData(type, array.Length, array.NullCount, array.Offset, array.Data.Buffers)));
    }

    private IArrowArray ToGuids(IArrowArray array, string column)
        => ArrowColumns.ToKey(array, EntityValueKind.Guid, ErrorFor(column));

    private ColumnError ErrorFor(string column)
        => (expected, found, row) => new IngestException(_origin, $"Expected column '{column}' of {_named} to hold {expected}, but found {found} in row {_rowsBefore + row + 1}.", column, _rowsBefore + row + 1);
}
