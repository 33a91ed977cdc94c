using System.Numerics;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;

namespace Mlp.Runtime.Scoring;

/// <summary>
/// Chooses how to read a column as a feature. A type is converted only where every value of it has an exact one in the feature's type (of uint64, every value that is there).
/// </summary>
/// <param name="feature">The feature.</param>
/// <param name="where">The model, for messages.</param>
internal sealed class ColumnReaders(FeatureColumn feature, string where)
{
    /// <summary>Reads a column as float32.</summary>
    /// <param name="column">The column.</param>
    /// <exception cref="ArgumentException">Its type does not fit.</exception>
    public ValueReader<float> Float32(SourceColumn column) => Find(column, column.Rule.Float32, Float32);

    /// <summary>Reads a column as float64.</summary>
    /// <param name="column">The column.</param>
    /// <exception cref="ArgumentException">Its type does not fit.</exception>
    public ValueReader<double> Float64(SourceColumn column) => Find(column, column.Rule.Float64, Float64);

    /// <summary>Reads a column as int64.</summary>
    /// <param name="column">The column.</param>
    /// <exception cref="ArgumentException">Its type does not fit.</exception>
    public ValueReader<long> Int64(SourceColumn column) => Find(column, column.Rule.Int64, Int64);

    /// <summary>Reads a column as vectors.</summary>
    /// <param name="column">The column.</param>
    /// <exception cref="ArgumentException">Its type does not fit.</exception>
    public VectorReader Vector(SourceColumn column) => column.Array switch
    {
        NullArray => new VectorReader(column, null, feature, where),
        _ => VectorColumn.TryCreate(column.Array) is { } vectors ? new VectorReader(column, vectors, feature, where) : throw Misfit(column.Array.Data.DataType),
    };

    /// <summary>Reads a column as truth values.</summary>
    /// <param name="column">The column.</param>
    /// <exception cref="ArgumentException">Its type does not fit.</exception>
    public ValueReader<bool> Boolean(SourceColumn column)
        => Find(column, column.Rule.Boolean, static (c, missing) => c.Array is BooleanArray ? new BooleanReader(c, missing) : null);

    /// <summary>Reads a column as text.</summary>
    /// <param name="column">The column.</param>
    /// <exception cref="ArgumentException">Its type does not fit.</exception>
    public TextReader Text(SourceColumn column) => column.Array switch
    {
        NullArray => new TextReader(column, Subject, null),
        DictionaryArray coded when TextOf(coded.Dictionary) is { } word && DictionaryIndexes.Of(coded.Indices) is { } indexOf
            => new TextReader(column, Subject, i => word(indexOf(i)), coded.Dictionary.NullCount == 0 ? null : i => coded.Dictionary.IsNull(indexOf(i))),
        _ => TextOf(column.Array) is { } text ? new TextReader(column, Subject, text) : throw Misfit(column.Array.Data.DataType),
    };

    private static ValueReader<float>? Float32(SourceColumn column, float missing) => column.Array switch
    {
        FloatArray => new PlainReader<float>(column, missing),
        HalfFloatArray => Widening<Half, float>(column, missing),
        Int8Array => Widening<sbyte, float>(column, missing),
        UInt8Array => Widening<byte, float>(column, missing),
        Int16Array => Widening<short, float>(column, missing),
        UInt16Array => Widening<ushort, float>(column, missing),
        _ => null,
    };

    private static ValueReader<double>? Float64(SourceColumn column, double missing) => column.Array switch
    {
        DoubleArray => new PlainReader<double>(column, missing),
        FloatArray => Widening<float, double>(column, missing),
        HalfFloatArray => Widening<Half, double>(column, missing),
        Int8Array => Widening<sbyte, double>(column, missing),
        UInt8Array => Widening<byte, double>(column, missing),
        Int16Array => Widening<short, double>(column, missing),
        UInt16Array => Widening<ushort, double>(column, missing),
        Int32Array => Widening<int, double>(column, missing),
        UInt32Array => Widening<uint, double>(column, missing),
        _ => null,
    };

    private ValueReader<long>? Int64(SourceColumn column, long missing) => column.Array switch
    {
        Int64Array => new PlainReader<long>(column, missing),
        Int8Array => Widening<sbyte, long>(column, missing),
        UInt8Array => Widening<byte, long>(column, missing),
        Int16Array => Widening<short, long>(column, missing),
        UInt16Array => Widening<ushort, long>(column, missing),
        Int32Array => Widening<int, long>(column, missing),
        UInt32Array => Widening<uint, long>(column, missing),
        UInt64Array => new UInt64Reader(column, missing, Subject),
        _ => null,
    };

    private static WideningReader<TSource, T> Widening<TSource, T>(SourceColumn column, T missing)
        where TSource : unmanaged, INumberBase<TSource>, IEquatable<TSource>
        where T : unmanaged, INumberBase<T>
        => new(column, missing);

    private ValueReader<T> Find<T>(SourceColumn column, T missing, Func<SourceColumn, T, ValueReader<T>?> choose)
        where T : unmanaged
    {
        switch (column.Array)
        {
            case NullArray:
                return new NullReader<T>(column, missing);
            case DictionaryArray coded when DictionaryIndexes.Of(coded.Indices) is { } indexOf:
                var words = choose(column with { Array = coded.Dictionary }, missing) ?? throw Misfit(coded.Data.DataType);
                return new CodedReader<T>(column, missing, words, indexOf);
            default:
                return choose(column, missing) ?? throw Misfit(column.Array.Data.DataType);
        }
    }

    private static TextAccessor? TextOf(IArrowArray array) => array switch
    {
        StringArray a => i => a.GetBytes(i),
        LargeStringArray a => i => a.GetBytes(i),
        StringViewArray a => i => a.GetBytes(i),
        _ => null,
    };

    private ArgumentException Misfit(IArrowType found)
        => new($"Expected column '{feature.Name}' of Arrow type {Accepted} for a feature of type {VectorLength.Describe(feature)}, but found {Describe(found)} ({where}). {Advice(found)}");

    private string Subject => $"feature '{feature.Name}' of type {feature.Type} ({where})";

    private string Accepted => feature.Type switch
    {
        FeatureType.Float32 when feature.IsVector => "fixed_size_list, list or large_list of float or halffloat",
        FeatureType.Float32 => "float, halffloat or an integer of at most 16 bits",
        FeatureType.Float64 => "double, float, halffloat or an integer of at most 32 bits",
        FeatureType.Int64 => "an integer type",
        FeatureType.Boolean => "bool",
        _ => "utf8, large_utf8 or utf8_view",
    };

    private string Advice(IArrowType found) => (feature.Type, (found as DictionaryType)?.ValueType.TypeId ?? found.TypeId) switch
    {
        (_, ArrowTypeId.Decimal32 or ArrowTypeId.Decimal64 or ArrowTypeId.Decimal128 or ArrowTypeId.Decimal256) when feature.Type != FeatureType.String
            => $"A decimal has no exact value in binary: cast the column to {Target} yourself, which rounds it.",
        (FeatureType.Float32, ArrowTypeId.Double or ArrowTypeId.Int32 or ArrowTypeId.UInt32 or ArrowTypeId.Int64 or ArrowTypeId.UInt64)
            or (FeatureType.Float64, ArrowTypeId.Int64 or ArrowTypeId.UInt64)
            => $"The conversion could lose digits: cast the column to {Target} yourself if it may.",
        (FeatureType.String, ArrowTypeId.Binary or ArrowTypeId.LargeBinary or ArrowTypeId.BinaryView)
            => "Bytes need not be text: give the column a utf8 type if they are.",
        (_, ArrowTypeId.RunEndEncoded) => "Decode the column first.",
        _ => $"Cast the column to {Target} yourself, as the model was trained.",
    };

    private string Target => feature.Type switch
    {
        FeatureType.Float32 when feature.IsVector => FormattableString.Invariant($"a fixed_size_list of {feature.Length} floats"),
        FeatureType.Float32 => "float",
        FeatureType.Float64 => "double",
        FeatureType.Int64 => "int64",
        FeatureType.Boolean => "bool",
        _ => "utf8",
    };

    private static string Describe(IArrowType type)
        => type is DictionaryType coded ? $"a dictionary of {coded.ValueType.Name} with {coded.IndexType.Name} indexes" : type.Name;
}
