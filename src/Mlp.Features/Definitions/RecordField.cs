using System.Reflection;
using System.Text;
using Mlp.Features.Ingestion;
using Mlp.Runtime.Data;

namespace Mlp.Features.Definitions;

/// <summary>One property of a record as a typed field.</summary>
internal sealed class RecordField<TRecord>
{
    private readonly RecordGetter<TRecord, float?>? _float32;
    private readonly RecordGetter<TRecord, double?>? _float64;
    private readonly RecordGetter<TRecord, long?>? _int64;
    private readonly RecordGetter<TRecord, bool?>? _boolean;
    private readonly RecordGetter<TRecord, string?>? _string;
    private readonly RecordGetter<TRecord, ReadOnlyMemory<float>?>? _vector;
    private readonly string _property;

    internal RecordField(PropertyInfo property, FeatureField field)
    {
        Field = field;
        _property = property.Name;
        switch (field.Type)
        {
            case FeatureType.Float32 when field.IsVector:
                _vector = RecordGetters.CompileVector<TRecord>(property);
                break;
            case FeatureType.Float32:
                _float32 = RecordGetters.Compile<TRecord, float?>(property);
                break;
            case FeatureType.Float64:
                _float64 = RecordGetters.Compile<TRecord, double?>(property);
                break;
            case FeatureType.Int64:
                _int64 = RecordGetters.Compile<TRecord, long?>(property);
                break;
            case FeatureType.Boolean:
                _boolean = RecordGetters.Compile<TRecord, bool?>(property);
                break;
            default:
                _string = RecordGetters.Compile<TRecord, string?>(property);
                break;
        }
    }

    internal FeatureField Field { get; }

    /// <summary>What is wrong with the value of a record; null where all is well.</summary>
    /// <param name="record">The record.</param>
    internal WrongValue? FindWrong(in TRecord record)
    {
        if (_vector?.Invoke(record) is { } vector && vector.Length != Field.Length)
        {
            return new WrongValue(Field.Name, VectorColumn.Expected(Field.Length), FormattableString.Invariant($"one of {vector.Length}"));
        }

        return _string?.Invoke(record) is { } text && TextRule.FindFault(text) is { } fault ? new WrongValue(Field.Name, TextRule.Expected, fault) : null;
    }

    /// <summary>Bytes of the value of a record, a text in UTF-8.</summary>
    /// <param name="record">The record.</param>
    internal long LengthOf(in TRecord record) => _string is null ? Field.Length * (long)sizeof(float) : _string(record) is { } text ? Encoding.UTF8.GetByteCount(text) : 0;

    /// <exception cref="ArgumentException">A vector has another length than the field.</exception>
    internal void Write<TWriter>(in TRecord record, int index, ref TWriter writer)
        where TWriter : IFeatureFieldWriter, allows ref struct
    {
        switch (Field.Type)
        {
            case FeatureType.Float32 when _vector is not null:
                WriteVector(record, index, ref writer);
                break;
            case FeatureType.Float32 when _float32!(record) is { } value:
                writer.WriteFloat32(index, value);
                break;
            case FeatureType.Float64 when _float64!(record) is { } value:
                writer.WriteFloat64(index, value);
                break;
            case FeatureType.Int64 when _int64!(record) is { } value:
                writer.WriteInt64(index, value);
                break;
            case FeatureType.Boolean when _boolean!(record) is { } value:
                writer.WriteBoolean(index, value);
                break;
            case FeatureType.String when _string!(record) is { } value:
                writer.WriteString(index, value);
                break;
            default:
                writer.WriteNull(index);
                break;
        }
    }

    private void WriteVector<TWriter>(in TRecord record, int index, ref TWriter writer)
        where TWriter : IFeatureFieldWriter, allows ref struct
    {
        if (_vector!(record) is not { } vector)
        {
            writer.WriteNull(index);
            return;
        }

        if (vector.Length != Field.Length)
        {
            throw new ArgumentException(FormattableString.Invariant(
                $"Expected {VectorColumn.Expected(Field.Length)} in '{typeof(TRecord).Name}.{_property}' for feature '{Field.Name}', but found one of {vector.Length}."));
        }

        writer.WriteVector(index, vector.Span);
    }
}
