using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Runtime.Data;

/// <summary>
/// SHA-256 over the schema and values of Arrow batches that does not depend on how rows are cut into batches: one running hash per column over
/// (validity byte, value bytes), combined at the end. Values under a null do not count; the bits of a NaN count as they are.
/// </summary>
/// <remarks>
/// The scheme is <c>mlp-table-1</c>: SHA-256 over its name, then per column the name, the type name and the hash of the cells; each text is preceded by its length in UTF-8 bytes,
/// int32 little-endian. A cell is 1 and the value little-endian, or 0 and zeros; a text cell is 1 or 0, its length as int32 and its UTF-8 bytes; a truth value is one byte; a vector is its elements
/// in order. The type names are our own, with all that gives the bytes their meaning: unit and time zone, width, precision and scale, length of vectors.
/// </remarks>
internal sealed class RecordBatchHash : IDisposable
{
    private const string Scheme = "mlp-table-1";

    private readonly Schema _schema;
    private readonly string[] _types;
    private readonly IncrementalHash[] _columns;
    private byte[] _scratch = new byte[4096];

    /// <summary>Starts with no rows.</summary>
    /// <param name="schema">Schema of all batches.</param>
    /// <exception cref="NotSupportedException">A column has a type without a canonical form.</exception>
    public RecordBatchHash(Schema schema)
    {
        _schema = schema;
        _types = [.. schema.FieldsList.Select(ColumnTypeName.Of)];
        _columns = [.. schema.FieldsList.Select(_ => IncrementalHash.CreateHash(HashAlgorithmName.SHA256))];
    }

    /// <summary>Adds the rows of a batch.</summary>
    /// <exception cref="NotSupportedException">A column has a type without a canonical form.</exception>
    public void Append(RecordBatch batch)
    {
        for (var i = 0; i < _columns.Length; i++)
        {
            AppendColumn(_columns[i], batch.Column(i), _schema.GetFieldByIndex(i));
        }

        GC.KeepAlive(batch);
    }

    /// <summary>The hash of all rows so far, as 64 lower-case hexadecimal digits.</summary>
    public string GetHashAndReset() => Combine(Enumerable.Range(0, _columns.Length), GetColumnHashesAndReset());

    /// <summary>The hash of all rows so far, and what it would be if the table had some of its columns only.</summary>
    /// <param name="columns">Indexes of these columns, in order.</param>
    public (string Whole, string Part) GetHashesAndReset(IEnumerable<int> columns)
    {
        var hashes = GetColumnHashesAndReset();
        return (Combine(Enumerable.Range(0, _columns.Length), hashes), Combine(columns, hashes));
    }

    public void Dispose()
    {
        foreach (var column in _columns)
        {
            column.Dispose();
        }
    }

    private byte[][] GetColumnHashesAndReset() => System.Array.ConvertAll(_columns, column => column.GetHashAndReset());

    private string Combine(IEnumerable<int> columns, byte[][] hashes)
    {
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AppendText(whole, Scheme);
        foreach (var column in columns)
        {
            AppendText(whole, _schema.GetFieldByIndex(column).Name);
            AppendText(whole, _types[column]);
            whole.AppendData(hashes[column]);
        }

        return Convert.ToHexStringLower(whole.GetHashAndReset());
    }

    private static void AppendText(IncrementalHash hash, string text)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        var bytes = Encoding.UTF8.GetBytes(text);
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }

    private void AppendColumn(IncrementalHash hash, IArrowArray array, Field field)
    {
        switch (array)
        {
            case StringArray text:
                AppendText(hash, text);
                break;
            case BooleanArray boolean:
                AppendFixed(hash, boolean, 1, (row, cell) => cell[0] = boolean.GetValue(row) == true ? (byte)1 : (byte)0);
                break;
            case FixedSizeListArray vectors when VectorColumn.TryCreate(vectors) is { } column:
                AppendVectors(hash, column, ((FixedSizeListType)vectors.Data.DataType).ListSize, field);
                break;
            case Apache.Arrow.Array plain when plain.Data.DataType is FixedWidthType fixedWidth && fixedWidth.BitWidth % 8 == 0:
                var width = fixedWidth.BitWidth / 8;
                var values = plain.Data.Buffers[1].Memory.Slice(plain.Offset * width, plain.Length * width);
                AppendFixed(hash, plain, width, (row, cell) => values.Span.Slice(row * width, width).CopyTo(cell));
                break;
            default:
                throw new NotSupportedException($"Column '{field.Name}' has type {field.DataType.Name}, which has no canonical form to hash.");
        }
    }

    private delegate void CellWriter(int row, Span<byte> cell);

    private void AppendVectors(IncrementalHash hash, VectorColumn column, int length, Field field)
    {
        var width = length * sizeof(float);
        Reserve(width + 1);
        for (var row = 0; row < column.Length; row++)
        {
            var cell = _scratch.AsSpan(0, width + 1);
            cell.Clear();
            if (!column.IsNull(row))
            {
                cell[0] = 1;
                MemoryMarshal.AsBytes(column.Require(row, length, Unhashable)).CopyTo(cell[1..]);
            }

            hash.AppendData(cell);
        }

        Exception Unhashable(string expected, string found, int row)
            => new NotSupportedException(FormattableString.Invariant($"Expected {expected} in every row of column '{field.Name}', but found {found} in row {row}, which has no canonical form to hash."));
    }

    private void AppendFixed(IncrementalHash hash, IArrowArray array, int width, CellWriter write)
    {
        var stride = width + 1;
        Reserve(stride * 1024);
        for (var start = 0; start < array.Length; start += 1024)
        {
            var rows = Math.Min(1024, array.Length - start);
            var chunk = _scratch.AsSpan(0, rows * stride);
            chunk.Clear();
            for (var i = 0; i < rows; i++)
            {
                if (array.IsValid(start + i))
                {
                    chunk[i * stride] = 1;
                    write(start + i, chunk.Slice((i * stride) + 1, width));
                }
            }

            hash.AppendData(chunk);
        }
    }

    private void AppendText(IncrementalHash hash, StringArray array)
    {
        for (var row = 0; row < array.Length; row++)
        {
            var bytes = array.GetBytes(row, out var isNull);
            Reserve(bytes.Length + 5);
            _scratch[0] = isNull ? (byte)0 : (byte)1;
            BinaryPrimitives.WriteInt32LittleEndian(_scratch.AsSpan(1), bytes.Length);
            bytes.CopyTo(_scratch.AsSpan(5));
            hash.AppendData(_scratch, 0, bytes.Length + 5);
        }
    }

    private void Reserve(int length)
    {
        if (_scratch.Length < length)
        {
            _scratch = new byte[length];
        }
    }
}
