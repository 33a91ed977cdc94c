using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Spark.Commands;

/// <summary>Reads one type from text. Used once.</summary>
/// <param name="text">The text.</param>
internal sealed class SparkTypeParser(string text)
{
    /// <summary>Types within types; more are no table.</summary>
    private const int MaximumDepth = 32;

    private int _position;

    /// <summary>Reads the whole text.</summary>
    /// <param name="type">The type.</param>
    public bool TryParse([NotNullWhen(true)] out IArrowType? type)
    {
        type = ReadType(0);
        SkipSpace();
        return type is not null && _position == text.Length;
    }

    private IArrowType? ReadType(int depth)
    {
        if (depth > MaximumDepth || ReadName() is not { } name)
        {
            return null;
        }

        return name.ToLowerInvariant() switch
        {
            "void" => NullType.Default,
            "boolean" => BooleanType.Default,
            "tinyint" or "byte" => Int8Type.Default,
            "smallint" or "short" => Int16Type.Default,
            "int" or "integer" => Int32Type.Default,
            "bigint" or "long" => Int64Type.Default,
            "float" or "real" => FloatType.Default,
            "double" => DoubleType.Default,
            "string" => StringType.Default,
            "binary" => BinaryType.Default,
            "date" => Date32Type.Default,
            "timestamp" => new TimestampType(TimeUnit.Microsecond, SparkTypeText.TimeZone),
            "timestamp_ntz" => new TimestampType(TimeUnit.Microsecond, (string?)null),
            "decimal" => ReadDecimal(),
            "array" => Take('<') && ReadType(depth + 1) is { } element && Take('>') ? new ListType(new Field(SparkTypeText.Element, element, nullable: true)) : null,
            "map" => ReadMap(depth),
            "struct" => ReadStruct(depth),
            _ => null,
        };
    }

    private Decimal128Type? ReadDecimal()
    {
        if (!Take('('))
        {
            return new Decimal128Type(10, 0);
        }

        var scale = 0;
        return ReadNumber() is { } precision && (!Take(',') || (ReadNumber() is { } given && (scale = given) <= precision)) && Take(')') && precision is >= 1 and <= 38
            ? new Decimal128Type(precision, scale)
            : null;
    }

    private MapType? ReadMap(int depth)
        => Take('<') && ReadType(depth + 1) is { } key && Take(',') && ReadType(depth + 1) is { } value && Take('>')
            ? new MapType(new Field("key", key, nullable: false), new Field("value", value, nullable: true))
            : null;

    private StructType? ReadStruct(int depth)
    {
        if (!Take('<'))
        {
            return null;
        }

        var fields = new List<Field>();
        do
        {
            if (ReadName() is not { } name)
            {
                return null;
            }

            _ = Take(':');
            if (ReadType(depth + 1) is not { } type)
            {
                return null;
            }

            fields.Add(new Field(name, type, nullable: true));
        }
        while (Take(','));

        return Take('>') ? new StructType(fields) : null;
    }

    /// <summary>A word, or any text between backticks.</summary>
    private string? ReadName()
    {
        SkipSpace();
        if (Take('`'))
        {
            return ReadQuoted();
        }

        var start = _position;
        while (_position < text.Length && (char.IsLetterOrDigit(text[_position]) || text[_position] == '_'))
        {
            _position++;
        }

        return _position > start ? text[start.._position] : null;
    }

    private string? ReadQuoted()
    {
        var name = new System.Text.StringBuilder();
        while (_position < text.Length)
        {
            var c = text[_position++];
            if (c == '`' && (_position == text.Length || text[_position] != '`'))
            {
                return name.Length > 0 ? name.ToString() : null;
            }

            _position += c == '`' ? 1 : 0;
            name.Append(c);
        }

        return null;
    }

    private int? ReadNumber()
        => ReadName() is { } digits && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private bool Take(char wanted)
    {
        SkipSpace();
        if (_position >= text.Length || text[_position] != wanted)
        {
            return false;
        }

        _position++;
        return true;
    }

    private void SkipSpace()
    {
        while (_position < text.Length && char.IsWhiteSpace(text[_position]))
        {
            _position++;
        }
    }
}
