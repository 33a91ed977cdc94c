using System.Globalization;
using Apache.Arrow;
using DuckDB.NET.Data;

namespace Mlp.Benchmarks.Features.Joins;

/// <summary>The same join as somebody would write it for DuckDB: rows of one event time reduced to the latest by created time and sequence, <c>ASOF</c>, time to live in the projection, labels in their order.</summary>
internal sealed class HandWrittenJoin(JoinData data)
{
    internal async Task<JoinAnswer> RunAsync(long memoryLimitBytes)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        Execute(connection, string.Create(CultureInfo.InvariantCulture, $"SET memory_limit = '{memoryLimitBytes}B'"));
        Execute(connection, string.Create(CultureInfo.InvariantCulture, $"SET threads = {Environment.ProcessorCount}"));
        Execute(connection, $"SET temp_directory = '{Path.Combine(data.Store, "hand-written")}'");
        Execute(connection, "CREATE TABLE labels (r BIGINT, id BIGINT, t BIGINT, y FLOAT)");
        Append(connection);
        var files = Directory.GetFiles(data.Store, "*.parquet", SearchOption.AllDirectories).Select(file => $"'{file}'");
        var columns = Enumerable.Range(0, JoinData.Fields).Select(f => string.Create(CultureInfo.InvariantCulture, $"CASE WHEN l.t - f.e <= {(long)JoinData.TimeToLive.TotalMicroseconds} THEN f.f{f} END AS f{f}"));
        using var command = (DuckDBCommand)connection.CreateCommand();
        command.CommandText =
            $"WITH f AS (SELECT id, epoch_us(event_time) AS e, f0, f1, f2, f3 FROM read_parquet([{string.Join(", ", files)}]) "
            + "QUALIFY row_number() OVER (PARTITION BY id, event_time ORDER BY created_time DESC, ingest_sequence DESC) = 1) "
            + $"SELECT l.r, l.id, l.t, l.y, {string.Join(", ", columns)} FROM labels l ASOF LEFT JOIN f ON l.id = f.id AND l.t >= f.e ORDER BY l.r";
        var answer = new JoinAnswer();
        await foreach (var batch in command.ExecuteArrowBatchesAsync())
        {
            using (batch)
            {
                answer.Add((FloatArray)batch.Column(4));
            }
        }

        return answer;
    }

    private static void Execute(DuckDBConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Nothing in it comes from outside.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    private void Append(DuckDBConnection connection)
    {
        using var labels = data.ReadLabels();
        var (ids, times, values) = ((Int64Array)labels.Column(0), (Int64Array)labels.Column(1), (FloatArray)labels.Column(2));
        using var appender = connection.CreateAppender("labels");
        for (var i = 0; i < labels.Length; i++)
        {
            appender.CreateRow().AppendValue((long)i).AppendValue(ids.Values[i]).AppendValue(times.Values[i]).AppendValue(values.Values[i]).EndRow();
        }
    }
}
