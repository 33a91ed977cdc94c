using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Runtime.Data;

/// <summary>
/// SHA-256 over the schema and values of Arrow batches that does not depend on how rows are cut into batches: one running hash per column over
/// (validity byte, value bytes), combined at the end. Values under a null do not count; the bits of a NaN do.
/// </summary>
internal sealed class RecordBatchHash : IDisposable
{
    private readonly Schema _schema;
    private readonly IncrementalHash[] _columns;
    private byte[] _scratch = new byte[4096];

    public RecordBatchHash(Schema schema)
    {
        _schema = schema;
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
    public string GetHashAndReset()
    {
        using var whole = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < _columns.Length; i++)
        {
            var field = _schema.GetFieldByIndex(i);
            whole.AppendData(Encoding.UTF8.GetBytes($"{field.Name}\0{field.DataType.TypeId}\0"));
            whole.AppendData(_columns[i].GetHashAndReset());
        }

        return Convert.ToHexStringLower(whole.GetHashAndReset());
    }

    public void Dispose()
    {
        foreach (var column in _columns)
        {
            column.Dispose();
        }
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
