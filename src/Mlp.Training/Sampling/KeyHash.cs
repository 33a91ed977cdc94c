using System.Buffers.Binary;
using System.Globalization;
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
    private readonly bool _takesWholeNumbers;
    private byte[] _bytes = new byte[256];

    /// <summary>Begins.</summary>
    /// <param name="schema">The columns of the rows.</param>
    /// <param name="columns">Those of the key.</param>
    /// <param name="seed">Another seed gives other hashes.</param>
    /// <param name="takesWholeNumbers">Whether floating-point columns of whole numbers will do, as labels are; each is the integer that it equals.</param>
    /// <exception cref="TrainingDataException">A column is missing.</exception>
    public KeyHash(Schema schema, IReadOnlyList<string> columns, int seed, bool takesWholeNumbers = false)
    {
        _takesWholeNumbers = takesWholeNumbers;
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

    // Keys have signed integers; what is beyond them is told by its digits.
    private static EntityValue Unsigned(ulong value)
        => value <= long.MaxValue ? EntityValue.FromInt64((long)value) : EntityValue.FromString(value.ToString(CultureInfo.InvariantCulture));

    private static EntityValue Whole(double value, string column)
        => value == Math.Floor(value) && Math.Abs(value) <= 1L << 53
            ? EntityValue.FromInt64((long)value)
            : throw new TrainingDataException($"Expected the column '{column}' to hold classes, as whole numbers, integers, truth values or texts, but found a number that is not whole.", column);

    private Func<int, EntityValue> Reader(IArrowArray array, string column) => array switch
    {
        FloatArray single when _takesWholeNumbers => row => single.GetValue(row) is { } value ? Whole(value, column) : EntityValue.Null,
        DoubleArray wide when _takesWholeNumbers => row => wide.GetValue(row) is { } value ? Whole(value, column) : EntityValue.Null,
        Int64Array wide => row => wide.GetValue(row) is { } value ? EntityValue.FromInt64(value) : EntityValue.Null,
        Int32Array int32 => row => int32.GetValue(row) is { } value ? EntityValue.FromInt64(value) : EntityValue.Null,
        Int16Array int16 => row => int16.GetValue(row) is { } value ? EntityValue.FromInt64(value) : EntityValue.Null,
        Int8Array int8 => row => int8.GetValue(row) is { } value ? EntityValue.FromInt64(value) : EntityValue.Null,
        UInt64Array unsigned => row => unsigned.GetValue(row) is { } value ? Unsigned(value) : EntityValue.Null,
        UInt32Array uint32 => row => uint32.GetValue(row) is { } value ? EntityValue.FromInt64(value) : EntityValue.Null,
        UInt16Array uint16 => row => uint16.GetValue(row) is { } value ? EntityValue.FromInt64(value) : EntityValue.Null,
        UInt8Array uint8 => row => uint8.GetValue(row) is { } value ? EntityValue.FromInt64(value) : EntityValue.Null,
        BooleanArray boolean => row => boolean.GetValue(row) is { } value ? EntityValue.FromInt64(value ? 1 : 0) : EntityValue.Null,
        StringArray text => row => EntityValue.FromString(text.GetString(row)),
        FixedSizeBinaryArray { Data.DataType: FixedSizeBinaryType { ByteWidth: 16 } } guid => row => guid.IsNull(row) ? EntityValue.Null : EntityValue.FromGuid(new Guid(guid.GetBytes(row), bigEndian: true)),
        _ => throw new TrainingDataException($"Expected the key column '{column}' to hold integers, truth values, texts or GUIDs, but found the Arrow type {array.Data.DataType.Name}.", column),
    };
}
