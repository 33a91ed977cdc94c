using System.Buffers.Binary;
using System.IO.Hashing;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Training.Sampling;

/// <summary>Hashes the values of rows, so that equal rows are found.</summary>
internal static class RowContent
{
    /// <summary>Adds the XxHash128 of each row: per column a byte that says whether there is a value, and its bytes; a text has its length before.</summary>
    /// <exception cref="TrainingDataException">A column has a type that no training set has.</exception>
    public static void Append(RecordBatch batch, int[] columns, List<UInt128> destination)
    {
        var hash = new XxHash128();
        Span<byte> result = stackalloc byte[16];
        for (var row = 0; row < batch.Length; row++)
        {
            foreach (var column in columns)
            {
                Append(hash, batch.Column(column), row, batch.Schema.GetFieldByIndex(column).Name);
            }

            hash.GetHashAndReset(result);
            destination.Add(BinaryPrimitives.ReadUInt128BigEndian(result));
        }
    }

    private static void Append(XxHash128 hash, IArrowArray array, int row, string column)
    {
        if (array.IsNull(row))
        {
            hash.Append([0]);
            return;
        }

        hash.Append([1]);
        switch (array)
        {
            case StringArray text:
                var bytes = text.GetBytes(row);
                Span<byte> length = stackalloc byte[sizeof(int)];
                BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
                hash.Append(length);
                hash.Append(bytes);
                break;
            case BooleanArray boolean:
                hash.Append([boolean.GetValue(row) == true ? (byte)1 : (byte)0]);
                break;
            case FixedSizeListArray list:
                var size = ((FixedSizeListType)list.Data.DataType).ListSize;
                for (var i = 0; i < size; i++)
                {
                    Append(hash, list.Values, ((list.Offset + row) * size) + i, column);
                }

                break;
            case Apache.Arrow.Array plain when plain.Data.DataType is FixedWidthType { BitWidth: var bits } && bits % 8 == 0:
                hash.Append(plain.Data.Buffers[1].Span.Slice((plain.Offset + row) * (bits / 8), bits / 8));
                break;
            default:
                throw new TrainingDataException($"Expected column '{column}' to hold numbers, times, truth values, texts or vectors, but found the Arrow type {array.Data.DataType.Name}.", column);
        }
    }
}
