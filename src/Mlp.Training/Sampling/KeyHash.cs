using System.Buffers.Binary;
using System.IO.Hashing;
using Apache.Arrow;
using Apache.Arrow.Arrays;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;

namespace Mlp.Training.Sampling;

/// <summary>
/// The hash of a row's key: XxHash128 with the seed over the canonical encoding (<see cref="EntityKeyEncoding"/>). It depends on the key's values alone, so it is the same in every set, process and version.
/// </summary>
internal sealed class KeyHash
{
    private readonly IReadOnlyList<string> _names;
    private readonly int[] _indexes;
    private readonly long _seed;
    private readonly EntityValue[] _key;
    private byte[] _bytes = new byte[256];

    /// <summary>Begins.</summary>
    /// <exception cref="TrainingDataException">A column is missing.</exception>
    public KeyHash(Schema schema, IReadOnlyList<string> columns, int seed)
    {
        (_names, _seed, _key) = (columns, seed, new EntityValue[columns.Count]);
        _indexes = [.. columns.Select(c => Columns.IndexOf(schema, c))];
    }

    /// <summary>Adds the hashes of the rows of a batch.</summary>
    /// <exception cref="TrainingDataException">A column can be no key.</exception>
    public void Append(RecordBatch batch, List<UInt128> destination)
    {
        var readers = new Func<int, EntityValue>[_indexes.Length];
        for (var i = 0; i < readers.Length; i++)
        {
            readers[i] = Reader(batch.Column(_indexes[i]), _names[i]);
        }

        for (var row = 0; row < batch.Length; row++)
        {
            for (var i = 0; i < readers.Length; i++)
            {
                _key[i] = readers[i](row);
            }

            destination.Add(Hash());
        }
    }

    /// <summary>A hash as a number in [0, 1).</summary>
    public static double ToShare(UInt128 hash) => (double)(ulong)(hash >> 75) / (1UL << 53);

    private UInt128 Hash()
    {
        var length = EntityKeyEncoding.GetMaximumLength(_key);
        if (_bytes.Length < length)
        {
            _bytes = new byte[length];
        }

        Span<byte> hash = stackalloc byte[16];
        XxHash128.Hash(_bytes.AsSpan(0, EntityKeyEncoding.Encode(_key, _bytes)), hash, _seed);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private static Func<int, EntityValue> Reader(IArrowArray array, string column) => array switch
    {
        Int64Array wide => row => wide.GetValue(row) is { } value ? EntityValue.FromInt64(value) : EntityValue.Null,
        Int32Array int32 => row => int32.GetValue(row) is { } value ? EntityValue.FromInt64(value) : EntityValue.Null,
        Int16Array int16 => row => int16.GetValue(row) is { } value ? EntityValue.FromInt64(value) : EntityValue.Null,
        Int8Array int8 => row => int8.GetValue(row) is { } value ? EntityValue.FromInt64(value) : EntityValue.Null,
        BooleanArray boolean => row => boolean.GetValue(row) is { } value ? EntityValue.FromInt64(value ? 1 : 0) : EntityValue.Null,
        StringArray text => row => EntityValue.FromString(text.GetString(row)),
        FixedSizeBinaryArray { Data.DataType: FixedSizeBinaryType { ByteWidth: 16 } } guid => row => guid.IsNull(row) ? EntityValue.Null : EntityValue.FromGuid(new Guid(guid.GetBytes(row), bigEndian: true)),
        _ => throw new TrainingDataException($"Expected the key column '{column}' to hold integers, truth values, texts or GUIDs, but found the Arrow type {array.Data.DataType.Name}.", column),
    };
}
