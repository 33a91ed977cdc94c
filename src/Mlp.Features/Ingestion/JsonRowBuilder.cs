using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Features.Ingestion;

/// <summary>Collects lines into batches: every column as text, the line, and per column one letter that says what kind of value stood there. Not thread-safe.</summary>
internal sealed class JsonRowBuilder : IJsonLineVisitor
{
    internal const char Null = '-';
    internal const char Number = 'n';
    internal const char Text = 's';
    internal const char Boolean = 'b';
    internal const char List = 'a';
    internal const char Object = 'o';

    private const int RowsPerBatch = 2048;
    private const long BytesPerBatch = 16 << 20;

    private readonly JsonColumnNames _names;
    private readonly Schema _schema;
    private readonly char[] _kinds;
    private StringArray.Builder[] _columns;
    private Int64Array.Builder _lines = new();
    private StringArray.Builder _rowKinds = new();
    private int _count;
    private long _bytes;
    private int _hint;

    internal JsonRowBuilder(JsonColumnNames names, string lineColumn, string kindsColumn)
    {
        _names = names;
        _schema = new Schema(
            [.. names.Names.Select(name => new Field(name, StringType.Default, nullable: true)), new Field(lineColumn, Int64Type.Default, nullable: false), new Field(kindsColumn, StringType.Default, nullable: false)],
            metadata: null);
        _columns = NewColumns();
        _kinds = new char[names.Names.Count];
    }

    internal Schema Schema => _schema;

    /// <summary>Name of the first member that stands in the current line twice; null when none does.</summary>
    internal string? Repeated { get; private set; }

    /// <summary>Whether a member was met that was not there when the names were read.</summary>
    internal bool HasChanged { get; private set; }

    internal bool IsFull => _count >= RowsPerBatch || _bytes >= BytesPerBatch;

    internal bool IsEmpty => _count == 0;

    internal void Add(ReadOnlySpan<byte> line, long number)
    {
        System.Array.Fill(_kinds, Null);
        _hint = 0;
        var self = this;
        JsonLine.Read(line, ref self);
        for (var i = 0; i < _columns.Length; i++)
        {
            if (_kinds[i] == Null)
            {
                _columns[i].AppendNull();
            }
        }

        _lines.Append(number);
        _rowKinds.Append(new string(_kinds));
        _bytes += line.Length + _kinds.Length;
        _count++;
    }

    public void Visit(ref Utf8JsonReader name, ref Utf8JsonReader value, ReadOnlySpan<byte> raw)
    {
        var index = _names.IndexOf(ref name, _hint);
        if (index < 0)
        {
            HasChanged = true;
            return;
        }

        _hint = index + 1;
        if (_kinds[index] != Null)
        {
            Repeated ??= _names.Names[index];
            return;
        }

        switch (value.TokenType)
        {
            case JsonTokenType.Null:
                return;
            case JsonTokenType.String when value.ValueIsEscaped:
                _kinds[index] = Text;
                _columns[index].Append(GetString(ref value));
                return;
            case JsonTokenType.String:
                _kinds[index] = Text;
                _columns[index].Append(value.ValueSpan);
                return;
            default:
                _kinds[index] = value.TokenType switch { JsonTokenType.Number => Number, JsonTokenType.True or JsonTokenType.False => Boolean, JsonTokenType.StartArray => List, _ => Object };
                _columns[index].Append(raw);
                return;
        }
    }

    internal RecordBatch Build()
    {
        var batch = new RecordBatch(_schema, [.. _columns.Select(column => column.Build()), _lines.Build(), _rowKinds.Build()], _count);
        (_columns, _lines, _rowKinds, _count, _bytes) = (NewColumns(), new Int64Array.Builder(), new StringArray.Builder(), 0, 0);
        return batch;
    }

    // Half of a surrogate pair is no text.
    private static string GetString(ref Utf8JsonReader value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException(null, e);
        }
    }

    private StringArray.Builder[] NewColumns() => [.. _names.Names.Select(_ => new StringArray.Builder())];
}
