using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Data;

public sealed class DuckDbAppenderTests : IDisposable
{
    private readonly TempDirectory _temp = new();

    [Theory]
    [InlineData("bool_first")]
    [InlineData("string_first")]
    [InlineData("float_first")]
    public async Task Append_ManyRowsThenParquet_KeepsEveryBit(string order)
    {
        const int rows = 5000;
        var random = new Random(7);
        var floats = new FloatArray.Builder();
        var doubles = new DoubleArray.Builder();
        var longs = new Int64Array.Builder();
        var texts = new StringArray.Builder();
        var booleans = new BooleanArray.Builder();
        int[] special = [0, unchecked((int)0x80000000), 0x7fc00000, 0x7fc00001, unchecked((int)0xffc00123), 0x7f800000, 1, 0x7fa00000];
        for (var i = 0; i < rows; i++)
        {
            if (i % 7 == 3)
            {
                floats.AppendNull();
                doubles.AppendNull();
                longs.AppendNull();
                texts.AppendNull();
                booleans.AppendNull();
                continue;
            }

            floats.Append(BitConverter.Int32BitsToSingle(special[i % special.Length]));
            doubles.Append(BitConverter.Int64BitsToDouble(i % 3 == 0 ? (long)special[i % special.Length] << 32 : random.NextInt64()));
            longs.Append(random.NextInt64(long.MinValue, long.MaxValue));
            texts.Append(i % 5 == 0 ? string.Empty : new string((char)('a' + (i % 26)), i % 40) + "µ");
            booleans.Append(i % 3 == 0);
        }

        List<(string Name, string Type, IArrowArray Array)> columns =
        [
            ("f", "FLOAT", floats.Build()), ("d", "DOUBLE", doubles.Build()), ("i", "BIGINT", longs.Build()), ("s", "VARCHAR", texts.Build()), ("b", "BOOLEAN", booleans.Build()),
        ];
        var first = columns.FindIndex(c => c.Name == order[..1]);
        (columns[0], columns[first]) = (columns[first], columns[0]);
        var schema = new Schema(columns.Select(c => new Field(c.Name, c.Array.Data.DataType, true)), null);
        using var whole = new RecordBatch(schema, columns.Select(c => c.Array), rows);

        using var session = Open();
        session.Execute($"CREATE TEMP TABLE t ({string.Join(", ", columns.Select(c => $"{c.Name} {c.Type}"))})");
        using (var appender = session.CreateAppender("t", schema))
        {
            using var head = whole.SliceShared(0, 13);
            using var tail = whole.SliceShared(13, rows - 13);
            appender.Append(head);
            GC.Collect();
            appender.Append(tail);
            appender.Close();
        }

        var path = _temp.Combine("t.parquet");
        session.Execute($"COPY t TO {SqlText.Text(path)} ({ParquetFormat.CopyOptions})");
        using var expected = new Mlp.Runtime.Data.RecordBatchHash(schema);
        using var found = new Mlp.Runtime.Data.RecordBatchHash(schema);
        expected.Append(whole);
        long count = 0;
        await foreach (var batch in session.QueryArrowAsync($"SELECT * FROM read_parquet({SqlText.Text(path)})"))
        {
            using (batch)
            {
                count += batch.Length;
                found.Append(batch);
            }
        }

        Assert.Equal(rows, count);
        Assert.Equal(expected.GetHashAndReset(), found.GetHashAndReset());
    }

    [Fact]
    public void Dispose_OfTheSession_RemovesItsSpillFolder()
    {
        using (var session = Open())
        {
            session.Execute("SET memory_limit = '60MB'");
            session.Execute("CREATE TEMP TABLE big AS SELECT hash(range) AS h, hash(range + 1) AS g FROM range(8000000)");
            Assert.NotEmpty(Directory.GetDirectories(_temp.FullName));
        }

        Assert.Empty(Directory.GetFileSystemEntries(_temp.FullName));
    }

    public void Dispose() => _temp.Dispose();

    private DuckDbSession Open() => DuckDbSession.Open(new DuckDbSettings(512L << 20, 2, _temp.FullName));
}
