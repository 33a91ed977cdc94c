using System.Buffers.Binary;
using Apache.Arrow.Types;
using Mlp.Monitoring.Segments;
using Mlp.Runtime.Data;

namespace Mlp.Monitoring.PredictionLog;

/// <summary>
/// The parts of entity keys as columns of their own types, beside the canonical key: integers as int64, texts and GUIDs as text. A part that is not of its column's kind reads null, and so does every
/// part of a key that has another number of them. Allocates nothing but the growth of its columns. Not thread-safe.
/// </summary>
internal sealed class EntityKeyColumns
{
    private const int GuidTextLength = 36;

    private readonly KeyColumn[] _keys;
    private readonly ColumnBuffer[] _columns;

    /// <summary>Creates empty columns.</summary>
    /// <param name="keys">The parts.</param>
    public EntityKeyColumns(IReadOnlyList<KeyColumn> keys)
    {
        _keys = [.. keys];
        _columns = System.Array.ConvertAll<KeyColumn, ColumnBuffer>(
            _keys, k => k.Kind == EntityValueKind.Int64 ? new FixedColumn<long>(Int64Type.Default) : new BinaryColumn(StringType.Default));
    }

    /// <summary>One column per part.</summary>
    public IReadOnlyList<ColumnBuffer> Columns => _columns;

    /// <summary>Adds a row.</summary>
    /// <param name="key">A canonical key (<see cref="EntityKeyEncoding"/>), or nothing for a prediction without one.</param>
    public void Append(ReadOnlySpan<byte> key)
    {
        var isKnown = !key.IsEmpty && key[0] == _keys.Length;
        var rest = isKnown ? key[1..] : default;
        for (var i = 0; i < _keys.Length; i++)
        {
            if (isKnown)
            {
                AppendPart(i, ref rest);
            }
            else
            {
                Append(i, EntityValueKind.Null, default);
            }
        }
    }

    private void AppendPart(int index, ref ReadOnlySpan<byte> rest)
    {
        var kind = (EntityValueKind)rest[0];
        rest = rest[1..];
        if (kind == EntityValueKind.String)
        {
            var textLength = BinaryPrimitives.ReadInt32BigEndian(rest);
            rest = rest[sizeof(int)..];
            Append(index, kind, rest[..textLength]);
            rest = rest[textLength..];
            return;
        }

        var length = kind switch
        {
            EntityValueKind.Int64 => sizeof(long),
            EntityValueKind.Guid => 16,
            _ => 0,
        };
        Append(index, kind, rest[..length]);
        rest = rest[length..];
    }

    private void Append(int index, EntityValueKind kind, ReadOnlySpan<byte> value)
    {
        var isValid = kind == _keys[index].Kind;
        if (_columns[index] is FixedColumn<long> integers)
        {
            integers.Append(isValid ? BinaryPrimitives.ReadInt64BigEndian(value) : 0, isValid);
        }
        else if (isValid && kind == EntityValueKind.Guid)
        {
            Span<byte> text = stackalloc byte[GuidTextLength];
            new Guid(value, bigEndian: true).TryFormat(text, out _);
            ((BinaryColumn)_columns[index]).Append(text);
        }
        else
        {
            ((BinaryColumn)_columns[index]).Append(isValid ? value : default, isValid);
        }
    }
}
