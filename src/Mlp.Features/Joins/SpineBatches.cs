using System.Reflection;
using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Ingestion;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>Turns records into batches of the question: one column per public property, named in snake_case. Times are rounded down.</summary>
internal static class SpineBatches
{
    private const int RecordsPerBatch = 8192;

    internal static IEnumerable<RecordBatch> From<T>(IEnumerable<T> records)
    {
        var columns = RecordAttributes.Properties(typeof(T)).Select(SpineColumn<T>.Create).ToList();
        var schema = new Schema(columns.Select(c => c.Field), metadata: null);
        var count = 0;
        var any = false;
        var index = 0L;
        foreach (var record in records)
        {
            if (record is null)
            {
                throw new ArgumentException($"Expected a record at index {index} of the rows for the training set, but found null.", nameof(records));
            }

            index++;
            foreach (var column in columns)
            {
                if (column.FindWrong(record) is { } wrong)
                {
                    throw new SpineException(FormattableString.Invariant($"Expected {wrong.Expected} in column '{wrong.Column}' of the rows, but found {wrong.Found} in row {index}."), wrong.Column, index);
                }

                column.Append(record);
            }

            if (++count == RecordsPerBatch)
            {
                yield return Build(schema, columns, count);
                (count, any) = (0, true);
            }
        }

        if (count > 0 || !any)
        {
            yield return Build(schema, columns, count);
        }
    }

    private static RecordBatch Build<T>(Schema schema, List<SpineColumn<T>> columns, int count) => new(schema, columns.Select(c => c.Build()), count);
}

/// <summary>One property of the records of a question as a column.</summary>
internal abstract class SpineColumn<T>(Field field)
{
    internal Field Field { get; } = field;

    internal static SpineColumn<T> Create(PropertyInfo property)
    {
        var name = DefinitionNames.ToSnakeCase(property.Name);
        if (RecordTypes.IsTime(property.PropertyType))
        {
            return new Time(name, property);
        }

        if (RecordAttributes.Find<FeatureAttribute>(typeof(T), property) is var attribute && RecordTypes.IsVector(property.PropertyType))
        {
            return attribute is { Length: >= 2 and <= VectorLength.Maximum }
                ? new Value(name, property, new FeatureField(name, FeatureType.Float32) { Length = attribute.Length })
                : throw new SpineException(
                    FormattableString.Invariant($"Expected [Feature(Length = ...)] with the number of elements, 2 to {VectorLength.Maximum}, on the vector '{typeof(T).Name}.{property.Name}', but found {(attribute is null ? "none" : attribute.Length)}."), name);
        }

        if (RecordTypes.FeatureTypeOf(property.PropertyType) is { } type)
        {
            return new Value(name, property, new FeatureField(name, type));
        }

        return RecordTypes.KeyKindOf(property.PropertyType) is { } kind
            ? new Key(name, property, kind)
            : throw new SpineException(
                $"Expected '{typeof(T).Name}.{property.Name}' to be a float, double, integer (not ulong), bool, string, Guid, DateTimeOffset, DateTime or vector (float[] or ReadOnlyMemory<float>), but found {property.PropertyType.Name}.", name);
    }

    /// <summary>What is wrong with the value of a record; null where all is well.</summary>
    internal virtual WrongValue? FindWrong(in T record) => null;

    internal abstract void Append(in T record);

    internal abstract IArrowArray Build();

    private sealed class Value(string name, PropertyInfo property, FeatureField field) : SpineColumn<T>(new Field(name, FeatureViewDefinition.ArrowTypeOf(field.Type, field.Length), nullable: true))
    {
        private readonly RecordField<T> _field = new(property, field);
        private ColumnWriter _writer = new([new ColumnBuilder(field.Type, field.Length)]);

        internal override WrongValue? FindWrong(in T record) => _field.FindWrong(record);

        internal override void Append(in T record) => _field.Write(record, 0, ref _writer);

        internal override IArrowArray Build() => _writer.Columns[0].Build();
    }

    private sealed class Key(string name, PropertyInfo property, EntityValueKind kind) : SpineColumn<T>(new Field(name, FeatureViewDefinition.ArrowTypeOf(kind), nullable: true))
    {
        private readonly RecordGetter<T, EntityValue> _get = RecordGetters.CompileKey<T>(property, kind);
        private readonly ColumnBuilder _builder = new(FeatureType.String);

        internal override WrongValue? FindWrong(in T record)
            => _get(record) is { Kind: EntityValueKind.String } key && TextRule.FindFault(key.AsString()) is { } fault ? new WrongValue(Field.Name, TextRule.Expected, fault) : null;

        internal override void Append(in T record) => _builder.AppendKey(_get(record));

        internal override IArrowArray Build() => _builder.Build();
    }

    private sealed class Time(string name, PropertyInfo property) : SpineColumn<T>(new Field(name, ArrowColumns.Time, nullable: true))
    {
        private readonly RecordGetter<T, DateTimeOffset?> _get = RecordGetters.CompileTime<T>(property);
        private readonly List<long> _times = [];
        private ArrowBuffer.BitmapBuilder _validity = new();
        private int _nullCount;

        internal override void Append(in T record)
        {
            var time = _get(record);
            _times.Add(time is { } present ? Microseconds.FromRequestTime(present) : 0);
            _validity.Append(time is not null);
            _nullCount += time is null ? 1 : 0;
        }

        internal override IArrowArray Build()
        {
            var values = new ArrowBuffer.Builder<long>(_times.Count).Append(CollectionsMarshal.AsSpan(_times)).Build();
            var array = new TimestampArray(new ArrayData(ArrowColumns.Time, _times.Count, _nullCount, 0, [_validity.Build(), values]));
            _times.Clear();
            (_validity, _nullCount) = (new ArrowBuffer.BitmapBuilder(), 0);
            return array;
        }
    }
}
