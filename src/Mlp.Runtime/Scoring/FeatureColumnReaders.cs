using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Scoring;

/// <summary>
/// Finds the column of each feature and how to read it. A type is widened only where every value of it has an exact one in the feature's type, and integers never become floats.
/// </summary>
/// <param name="batch">The table.</param>
/// <param name="layout">The features.</param>
/// <param name="where">The model, for messages.</param>
internal sealed class FeatureColumnReaders(RecordBatch batch, FeatureRowLayout layout, string where)
{
    /// <summary>Finds a reader for every feature.</summary>
    /// <returns>One reader per feature, in order.</returns>
    /// <exception cref="ArgumentException">A column is missing, is there twice, or has a type that does not fit.</exception>
    public FeatureColumnReader[] Create() => [.. layout.Columns.Select((_, i) => Create(i))];

    private FeatureColumnReader Create(int column)
    {
        var feature = layout.Columns[column];
        var array = Find(feature.Name) ?? throw new ArgumentException(
            $"Expected a column '{feature.Name}' of type {feature.Type} for the feature of that name, but found {FoundColumns()} ({where}).");
        var status = feature.View.Length == 0 ? null : Find(TrainingSetColumns.StatusOf(feature.View)) as UInt8Array;
        var reader = array is NullArray
            ? new NullColumnReader(array, layout, column, status)
            : feature.Type switch
            {
                FeatureType.Float32 => Float32(array, column, status),
                FeatureType.Float64 => Float64(array, column, status),
                FeatureType.Int64 => Int64(array, column, status),
                FeatureType.Boolean => array is BooleanArray b ? new BooleanColumnReader(b, layout, column, status) : null,
                _ => Text(array, column, status),
            };
        return reader ?? throw new ArgumentException(
            $"Expected column '{feature.Name}' of Arrow type {Accepted(feature.Type)} for a feature of type {feature.Type}, but found {Describe(array.Data.DataType)} ({where}).");
    }

    private FeatureColumnReader? Float32(IArrowArray array, int column, UInt8Array? status) => array switch
    {
        FloatArray a => Number(a, column, status, r => r.Float32, float.NaN),
        HalfFloatArray a => Number(a, column, status, r => r.Float32, float.NaN),
        _ => null,
    };

    private FeatureColumnReader? Float64(IArrowArray array, int column, UInt8Array? status) => array switch
    {
        DoubleArray a => Number(a, column, status, r => r.Float64, double.NaN),
        FloatArray a => Number(a, column, status, r => r.Float64, double.NaN),
        HalfFloatArray a => Number(a, column, status, r => r.Float64, double.NaN),
        _ => null,
    };

    private FeatureColumnReader? Int64(IArrowArray array, int column, UInt8Array? status) => array switch
    {
        Int64Array a => Number(a, column, status, r => r.Int64, 0L),
        Int32Array a => Number(a, column, status, r => r.Int64, 0L),
        Int16Array a => Number(a, column, status, r => r.Int64, 0L),
        Int8Array a => Number(a, column, status, r => r.Int64, 0L),
        UInt32Array a => Number(a, column, status, r => r.Int64, 0L),
        UInt16Array a => Number(a, column, status, r => r.Int64, 0L),
        UInt8Array a => Number(a, column, status, r => r.Int64, 0L),
        _ => null,
    };

    private NumericColumnReader<TSource, TTarget> Number<TSource, TTarget>(
        PrimitiveArray<TSource> array, int column, UInt8Array? status, BlockAccessor<TTarget> block, TTarget missing)
        where TSource : struct, System.Numerics.INumberBase<TSource>, IEquatable<TSource>
        where TTarget : unmanaged, System.Numerics.INumberBase<TTarget>
        => new(array, layout, column, status, block, missing);

    private StringColumnReader? Text(IArrowArray array, int column, UInt8Array? status)
    {
        if (array is DictionaryArray coded)
        {
            return TextOf(coded.Dictionary) is { } word && DictionaryIndexes.Of(coded.Indices) is { } indexOf
                ? new StringColumnReader(array, layout, column, status, i => word(indexOf(i)), i => array.IsNull(i) || coded.Dictionary.IsNull(indexOf(i)), isCoded: true)
                : null;
        }

        return TextOf(array) is { } text ? new StringColumnReader(array, layout, column, status, text, array.IsNull, isCoded: false) : null;
    }

    private static TextAccessor? TextOf(IArrowArray array) => array switch
    {
        StringArray a => i => a.GetBytes(i),
        LargeStringArray a => i => a.GetBytes(i),
        StringViewArray a => i => a.GetBytes(i),
        _ => null,
    };

    private IArrowArray? Find(string name)
    {
        var index = -1;
        for (var i = 0; i < batch.Schema.FieldsList.Count; i++)
        {
            if (batch.Schema.FieldsList[i].Name == name)
            {
                index = index < 0 ? i : throw new ArgumentException($"Expected one column '{name}', but found two ({where}).");
            }
        }

        return index < 0 ? null : batch.Column(index);
    }

    private string FoundColumns()
        => batch.ColumnCount == 0 ? "no columns" : "columns " + string.Join(", ", batch.Schema.FieldsList.Select(f => $"'{f.Name}'"));

    private static string Accepted(FeatureType type) => type switch
    {
        FeatureType.Float32 => "float or halffloat",
        FeatureType.Float64 => "double, float or halffloat",
        FeatureType.Int64 => "int64, int32, int16, int8, uint32, uint16 or uint8",
        FeatureType.Boolean => "bool",
        _ => "utf8, large_utf8, utf8_view or a dictionary of these",
    };

    private static string Describe(IArrowType type)
        => type is DictionaryType coded ? $"a dictionary of {coded.ValueType.Name} with {coded.IndexType.Name} indexes" : type.Name;
}
