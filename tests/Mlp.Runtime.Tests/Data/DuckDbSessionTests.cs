using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Data;

/// <summary>DuckDB's dictionaries and sort keys know one NaN and one zero; nothing that we let it do to values may go through them.</summary>
public sealed class DuckDbSessionTests : IDisposable
{
    private const int Rows = 400;

    private readonly TempDirectory _temp = new();
    private readonly DuckDbSession _session;

    public DuckDbSessionTests()
    {
        _session = DuckDbSession.Open(new DuckDbSettings(512L << 20, 2, _temp.FullName));
        var rows = Enumerable.Range(0, Rows).ToList();
        var builder = new RecordBatch.Builder();
        builder.Append("k", true, rows.Aggregate(new Int64Array.Builder(), (b, i) => b.Append(i % 3)).Build());
        builder.Append("e", true, rows.Aggregate(new Int64Array.Builder(), (b, i) => b.Append(i % 8)).Build());
        builder.Append("q", true, rows.Aggregate(new Int64Array.Builder(), (b, i) => b.Append(i)).Build());
        builder.Append("f", true, rows.Aggregate(new FloatArray.Builder(), (b, i) => b.Append(BitConverter.Int32BitsToSingle(Bits(i)))).Build());
        using var batch = builder.Build();
        _session.Execute("CREATE TEMP TABLE t (k BIGINT, e BIGINT, q BIGINT, f FLOAT)");
        using var appender = _session.CreateAppender("t", batch.Schema);
        appender.Append(batch);
        appender.Close();
    }

    [Theory]
    [InlineData("SELECT f, q FROM {0} ORDER BY e, q")]
    [InlineData("SELECT f, q FROM {0} o SEMI JOIN (SELECT DISTINCT k FROM t) s ON o.k = s.k")]
    [InlineData("SELECT f, q FROM {0} QUALIFY row_number() OVER (PARTITION BY k, e ORDER BY q DESC) = 1")]
    [InlineData("SELECT f, q FROM (SELECT *, row_number() OVER (PARTITION BY k ORDER BY e, q) AS r FROM {0}) QUALIFY max(r) OVER (PARTITION BY k ORDER BY q, r ROWS UNBOUNDED PRECEDING) = r")]
    [InlineData("SELECT v.f, v.q FROM (SELECT range % 3 AS k, range AS t FROM range(30)) s ASOF JOIN {0} v ON s.k = v.k AND s.t >= v.q ORDER BY s.t")]
    [InlineData("SELECT v.f, v.q FROM (SELECT range % 3 AS k, range AS t FROM range(3000)) s ASOF JOIN {0} v ON s.k = v.k AND s.t >= v.q ORDER BY s.t")]
    [InlineData("SELECT CASE WHEN e > 100 THEN NULL ELSE f END, q FROM {0}")]
    public async Task Query_ZerosAndNaNs_KeepTheirBits(string sql)
    {
        var path = _temp.Combine("t.parquet");
        _session.Execute($"COPY (SELECT * FROM t ORDER BY rowid) TO {SqlText.Text(path)} ({ParquetFormat.CopyOptions})");
        foreach (var source in new[] { "t", $"read_parquet({SqlText.Text(path)})" })
        {
            var count = 0;
            await foreach (var batch in _session.QueryArrowAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, sql, source)))
            {
                using (batch)
                {
                    for (var i = 0; i < batch.Length; i++, count++)
                    {
                        var number = (int)((Int64Array)batch.Column(1)).GetValue(i)!.Value;
                        Assert.Equal(Bits(number), BitConverter.SingleToInt32Bits(((FloatArray)batch.Column(0)).GetValue(i)!.Value));
                    }
                }
            }

            Assert.True(count > 0);
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        _temp.Dispose();
    }

    private static int Bits(int row) => (row % 4) switch
    {
        0 => 0,
        1 => unchecked((int)0x80000000),
        2 => 0x7fc00000 + row,
        _ => unchecked((int)0xffc00000) + row,
    };
}
