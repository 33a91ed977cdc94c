using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Scoring;

/// <summary>Files of rows, written and read by other means than those of the scorer where there are any.</summary>
internal sealed class ScoredFiles : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly DuckDbSession _session;

    public ScoredFiles() => _session = DuckDbSession.Open(new DuckDbSettings(256L << 20, 1, _directory.Combine("duckdb")));

    public string FullName => _directory.FullName;

    public string Combine(string name) => _directory.Combine(name);

    /// <summary>Writes what a query returns; <c>range</c> counts the rows.</summary>
    public string WriteParquet(string name, string select, int rowCount, int rowGroup = 10_000)
    {
        var path = Combine(name);
        _session.Execute(FormattableString.Invariant($"COPY (SELECT {select} FROM range({rowCount})) TO {SqlText.Text(path)} (FORMAT parquet, ROW_GROUP_SIZE {rowGroup})"));
        return path;
    }

    /// <summary>Writes a batch of floats, doubles and texts.</summary>
    public string WriteParquet(string name, RecordBatch batch)
    {
        var types = batch.Schema.FieldsList.Select(f => $"{SqlText.Name(f.Name)} {f.DataType switch { FloatType => "FLOAT", DoubleType => "DOUBLE", _ => "VARCHAR" }}");
        _session.Execute($"CREATE OR REPLACE TABLE batch ({string.Join(", ", types)})");
        using (var appender = _session.CreateAppender("batch", batch.Schema))
        {
            appender.Append(batch);
            appender.Close();
        }

        _session.Execute($"COPY batch TO {SqlText.Text(Combine(name))} ({ParquetFormat.CopyOptions})");
        return Combine(name);
    }

    public List<object?[]> Query(string path, string select) => _session.Query($"SELECT {select} FROM read_parquet({SqlText.Text(path)})");

    public List<object?[]> Describe(string path) => _session.Query($"DESCRIBE SELECT * FROM read_parquet({SqlText.Text(path)})");

    public Dictionary<string, string> Metadata(string path)
        => _session.Query($"SELECT decode(key), decode(value) FROM parquet_kv_metadata({SqlText.Text(path)})").ToDictionary(r => (string)r[0]!, r => (string)r[1]!);

    public async Task<string> WriteArrowAsync(string name, bool isStream, IEnumerable<RecordBatch> batches, IpcOptions? options = null)
    {
        var path = Combine(name);
        await using var stream = File.Create(path);
        ArrowStreamWriter? writer = null;
        foreach (var batch in batches)
        {
            writer ??= isStream ? new ArrowStreamWriter(stream, batch.Schema, true, options) : new ArrowFileWriter(stream, batch.Schema, true, options);
            await writer.WriteRecordBatchAsync(batch);
        }

        await writer!.WriteEndAsync();
        writer.Dispose();
        return path;
    }

    public static async Task<List<RecordBatch>> ReadArrowAsync(string path)
    {
        await using var stream = File.OpenRead(path);
        using ArrowStreamReader reader = Path.GetExtension(path) == ".arrows" ? new ArrowStreamReader(stream) : new ArrowFileReader(stream);
        var batches = new List<RecordBatch>();
        while (await reader.ReadNextRecordBatchAsync() is { } batch)
        {
            batches.Add(batch);
        }

        return batches;
    }

    public void Dispose()
    {
        _session.Dispose();
        _directory.Dispose();
    }
}
