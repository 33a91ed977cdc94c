using System.Reflection;
using System.Text;
using Mlp.Features.Ingestion;
using Mlp.Runtime.Data;

namespace Mlp.Features.Definitions;

/// <summary>
/// Reads records of one type as rows of a feature view. Property access is compiled once; reading a record allocates nothing. Immutable and thread-safe.
/// </summary>
/// <typeparam name="T">The record.</typeparam>
internal sealed class FeatureRecordMap<T>
{
    private readonly RecordGetter<T, EntityValue>[] _keys;
    private readonly RecordField<T>[] _fields;
    private readonly RecordField<T>[] _checked;
    private readonly RecordGetter<T, DateTimeOffset?> _eventTime;
    private readonly RecordGetter<T, DateTimeOffset?>? _createdTime;

    internal FeatureRecordMap(FeatureViewDefinition definition)
    {
        Definition = definition;
        var columns = new Dictionary<string, PropertyInfo>(StringComparer.Ordinal);
        foreach (var property in RecordAttributes.Properties(typeof(T)))
        {
            columns.TryAdd(ColumnOf(property), property);
        }

        _keys = [.. definition.Keys.Select(k => RecordGetters.CompileKey<T>(Find(columns, k.Name, k.Kind, RecordTypes.KeyKindOf), k.Kind))];
        _fields = [.. definition.Fields.Select(f => new RecordField<T>(FindField(columns, f), f))];
        _checked = [.. _fields.Where(f => f.Field.IsVector || f.Field.Type == FeatureType.String)];
        _eventTime = RecordGetters.CompileTime<T>(FindTime(columns, definition.EventTimeColumn));
        _createdTime = definition.CreatedTimeColumn is { } created ? RecordGetters.CompileTime<T>(FindTime(columns, created)) : null;
    }

    /// <summary>The view whose rows the records are.</summary>
    public FeatureViewDefinition Definition { get; }

    /// <summary>Whether the records carry the time at which they became known.</summary>
    public bool HasCreatedTime => _createdTime is not null;

    /// <summary>Reads the entity key.</summary>
    /// <param name="record">The record.</param>
    /// <param name="destination">At least as long as the view has keys.</param>
    public void GetKey(in T record, Span<EntityValue> destination)
    {
        for (var i = 0; i < _keys.Length; i++)
        {
            destination[i] = _keys[i](record);
        }
    }

    /// <summary>Reads the event time, rounded up to microseconds.</summary>
    /// <param name="record">The record.</param>
    /// <returns>Microseconds since the Unix epoch; null when the property is null.</returns>
    public long? GetEventTime(in T record) => _eventTime(record) is { } time ? Microseconds.FromFeatureTime(time) : null;

    /// <summary>
    /// Reads the time at which the record became known, rounded up to microseconds: the created time of the record, or its event time where the view says
    /// <see cref="FeatureViewDefinition.CreatedTimeEqualsEventTime"/>.
    /// </summary>
    /// <param name="record">The record.</param>
    /// <returns>Microseconds since the Unix epoch; null when the property is null, or when the view has neither a created time nor that flag.</returns>
    public long? GetCreatedTime(in T record)
    {
        if (_createdTime is null)
        {
            return Definition.CreatedTimeEqualsEventTime ? GetEventTime(record) : null;
        }

        return _createdTime(record) is { } time ? Microseconds.FromFeatureTime(time) : null;
    }

    /// <summary>Hands every field of a record to a writer, in order.</summary>
    /// <typeparam name="TWriter">The writer; a struct, so that calls are direct.</typeparam>
    /// <param name="record">The record.</param>
    /// <param name="writer">Receives the fields.</param>
    /// <exception cref="ArgumentException">A vector has another length than its field.</exception>
    public void WriteFields<TWriter>(in T record, ref TWriter writer)
        where TWriter : IFeatureFieldWriter, allows ref struct
    {
        for (var i = 0; i < _fields.Length; i++)
        {
            _fields[i].Write(record, i, ref writer);
        }
    }

    /// <summary>Finds a value of a record that is not taken: a vector that is not as long as its field, a text that is no Unicode, or the longest of a row that is too long.</summary>
    /// <param name="record">The record.</param>
    /// <param name="key">Its key, from <see cref="GetKey"/>.</param>
    /// <returns>The value; null where all is well.</returns>
    internal WrongValue? FindWrong(in T record, ReadOnlySpan<EntityValue> key)
    {
        var length = 0L;
        for (var i = 0; i < key.Length; i++)
        {
            if (key[i].Kind == EntityValueKind.String)
            {
                var text = key[i].AsString();
                if (TextRule.FindFault(text) is { } fault)
                {
                    return new WrongValue(Definition.Keys[i].Name, TextRule.Expected, fault);
                }

                length += Encoding.UTF8.GetByteCount(text);
            }
        }

        foreach (var field in _checked)
        {
            if (field.FindWrong(record) is { } wrong)
            {
                return wrong;
            }

            length += field.LengthOf(record);
        }

        return length <= RowLength.Maximum ? null : new WrongValue(LongestOf(record, key), RowLength.Expected, RowLength.Found(length));
    }

    private string LongestOf(T record, ReadOnlySpan<EntityValue> key)
    {
        var (name, longest) = (string.Empty, -1L);
        for (var i = 0; i < key.Length; i++)
        {
            Compare(Definition.Keys[i].Name, key[i].Kind == EntityValueKind.String ? Encoding.UTF8.GetByteCount(key[i].AsString()) : 0);
        }

        foreach (var field in _checked)
        {
            Compare(field.Field.Name, field.LengthOf(record));
        }

        return name;

        void Compare(string column, long length) => (name, longest) = length > longest ? (column, length) : (name, longest);
    }

    private PropertyInfo FindField(Dictionary<string, PropertyInfo> columns, FeatureField field)
    {
        if (!field.IsVector)
        {
            return Find(columns, field.Name, field.Type, RecordTypes.FeatureTypeOf);
        }

        var property = Find(columns, field.Name);
        return RecordTypes.IsVector(property.PropertyType)
            ? property
            : throw new FeatureDefinitionException(
                Definition.Name,
                FormattableString.Invariant($"Expected '{typeof(T).Name}.{property.Name}' to be a float[] or ReadOnlyMemory<float> of {field.Length} for column '{field.Name}' of {Definition}, but found {property.PropertyType.Name}."));
    }

    private static string ColumnOf(PropertyInfo property)
    {
        var name = RecordAttributes.Find<EntityKeyAttribute>(typeof(T), property)?.Name
            ?? RecordAttributes.Find<FeatureAttribute>(typeof(T), property)?.Name
            ?? RecordAttributes.Find<EventTimestampAttribute>(typeof(T), property)?.Name
            ?? RecordAttributes.Find<CreatedTimestampAttribute>(typeof(T), property)?.Name;
        return RecordAttributes.ColumnOf(name, property);
    }

    private PropertyInfo Find<TKind>(Dictionary<string, PropertyInfo> columns, string column, TKind expected, Func<Type, TKind?> kindOf)
        where TKind : struct
    {
        var property = Find(columns, column);
        return kindOf(property.PropertyType) is { } found && found.Equals(expected)
            ? property
            : throw new FeatureDefinitionException(
                Definition.Name,
                $"Expected '{typeof(T).Name}.{property.Name}' to be {expected} for column '{column}' of {Definition}, but found {property.PropertyType.Name}.");
    }

    private PropertyInfo FindTime(Dictionary<string, PropertyInfo> columns, string column)
    {
        var property = Find(columns, column);
        return RecordTypes.IsTime(property.PropertyType)
            ? property
            : throw new FeatureDefinitionException(
                Definition.Name,
                $"Expected '{typeof(T).Name}.{property.Name}' to be a DateTimeOffset or a DateTime for column '{column}' of {Definition}, but found {property.PropertyType.Name}.");
    }

    private PropertyInfo Find(Dictionary<string, PropertyInfo> columns, string column)
        => columns.TryGetValue(column, out var property)
            ? property
            : throw new FeatureDefinitionException(
                Definition.Name,
                $"Expected '{typeof(T).Name}' to have a property for column '{column}' of {Definition}, but found {string.Join(", ", columns.Keys.Select(c => $"'{c}'"))}.");
}
