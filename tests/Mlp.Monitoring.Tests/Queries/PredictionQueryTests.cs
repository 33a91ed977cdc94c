using Apache.Arrow;
using Apache.Arrow.Ipc;
using Microsoft.Extensions.DependencyInjection;
using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Registry;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Queries;

#pragma warning disable CA1001 // DisposeAsync of xunit disposes of it.
public sealed class PredictionQueryTests : IAsyncLifetime
#pragma warning restore CA1001
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;

    private readonly TempDirectory _folder = new();
    private MlPlatform _platform = null!;

    /// <summary>Version 1 with features x0 and x1 is compacted, version 2 with another one is not; beside them a model that no query may see.</summary>
    public async Task InitializeAsync()
    {
        var builder = MlPlatform.CreateBuilder().UseDataDirectory(_folder.FullName).AddMonitoring(m => m.LogPredictions().CompactPredictions());
        builder.Services.AddSingleton(new ModelDeclaration("tips")).AddSingleton(new ModelDeclaration("idle"));
        _platform = builder.Build();
        await _platform.StartAsync();
        Log("tips", 1, 2, 100, "champion");
        Log("secret", 1, 1, 10, "champion");
        await _platform.Monitoring.FlushAsync();
        await _platform.Monitoring.MaintainPredictionsAsync();
        Log("tips", 2, 3, 40, "challenger");
        await _platform.Monitoring.FlushAsync();
    }

    public async Task DisposeAsync()
    {
        await _platform.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task QueryPredictionsAsync_AllVersions_AnswersOverCompactedAndNot()
    {
        Assert.Equal(2, _platform.Monitoring.MaintenanceStatistics.Compacted);

        var rows = await QueryAsync("SELECT model_version, count(*)::BIGINT AS n, sum(f_x0) AS s, count(f_x2)::BIGINT AS c FROM predictions GROUP BY ALL ORDER BY model_version");

        Assert.Equal(["1,100,4950,0", "2,40,780,40"], rows);
    }

    [Fact]
    public async Task QueryPredictionsAsync_Filters_NarrowTheRelation()
    {
        const string Count = "SELECT count(*)::BIGINT FROM predictions";
        Assert.Equal(["100"], await QueryAsync(Count, version: 1));
        Assert.Equal(["40"], await QueryAsync(Count, variant: "challenger"));
        Assert.Equal(["20"], await QueryAsync(Count, from: Start.AddMicroseconds(2_010), to: Start.AddMicroseconds(2_020)));
        Assert.Equal(["0"], await QueryAsync(Count, version: 3));
        Assert.Equal(["0"], await QueryAsync("SELECT count(score)::BIGINT FROM predictions", model: "idle"));
    }

    [Fact]
    public async Task ReadPredictionsAsync_Variant_GivesItsRows()
    {
        var count = 0;
        await foreach (var batch in _platform.Monitoring.ReadPredictionsAsync("tips", variant: "champion", from: Start.AddMicroseconds(2_050)))
        {
            count += batch.Length;
        }

        Assert.Equal(50, count);
    }

    [Theory]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')")]
    [InlineData("SELECT * FROM '/etc/passwd'")]
    [InlineData("SELECT * FROM read_parquet('{0}')")]
    [InlineData("SELECT * FROM glob('/etc/*')")]
    [InlineData("SELECT * FROM read_text('/etc/hostname')")]
    [InlineData("SELECT content FROM read_blob('{0}')")]
    public async Task QueryPredictionsAsync_OtherFiles_AreOutOfReach(string sql)
    {
        var secret = Assert.Single(Directory.GetFiles(_folder.Combine(Path.Combine("predictions", "secret")), "*.parquet"));

        await Assert.ThrowsAnyAsync<Exception>(() => QueryAsync(sql.Replace("{0}", secret, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("SELECT 1; SELECT 2", "found 2 statements")]
    [InlineData("COPY predictions TO '/tmp/stolen.parquet'", "but")]
    [InlineData("CREATE TABLE t AS SELECT 1", "another kind")]
    [InlineData("SET enable_external_access = true", "another kind")]
    [InlineData("ATTACH '/tmp/x.db'", "but")]
    [InlineData("SELECT nothing_like_this FROM predictions", "DuckDB says")]
    [InlineData("-- nothing", "no statement")]
    public async Task QueryPredictionsAsync_NotOneSelect_IsRefusedWithItsReason(string sql, string reason)
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => QueryAsync(sql));

        Assert.Contains("one SELECT over 'predictions'", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task QueryPredictionsAsync_FailsOverTheRows_SaysSoWithoutValues()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => QueryAsync("SELECT CAST(variant AS INTEGER) FROM predictions"));

        Assert.Contains("model 'tips'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("champion", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void QueryPredictionsAsync_UnknownModel_Throws()
        => Assert.Throws<ModelNotFoundException>(() => _platform.Monitoring.QueryPredictionsAsync("unknown", "SELECT 1"));

    [Fact]
    public async Task ExportPredictionsAsync_OneVersion_IsAnArrowFile()
    {
        var path = _folder.Combine("out.arrow");

        Assert.Equal(100, await _platform.Monitoring.ExportPredictionsAsync("tips", path, version: 1));

        using var reader = new ArrowFileReader(File.OpenRead(path));
        var rows = 0;
        while (await reader.ReadNextRecordBatchAsync() is { } batch)
        {
            rows += batch.Length;
            Assert.Equal("tips", batch.Schema.Metadata["mlp.model"]);
        }

        Assert.Equal(100, rows);
        Assert.Equal(0, await _platform.Monitoring.ExportPredictionsAsync("tips", _folder.Combine("none.arrow"), version: 7));
        Assert.False(File.Exists(_folder.Combine("none.arrow")));
    }

    [Fact]
    public async Task ExportPredictionsAsync_NoRows_LeavesNoOlderFile()
    {
        var path = _folder.Combine("old.arrow");
        Assert.Equal(100, await _platform.Monitoring.ExportPredictionsAsync("tips", path, version: 1));

        Assert.Equal(0, await _platform.Monitoring.ExportPredictionsAsync("tips", path, version: 7));

        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task ExportPredictionsAsync_FolderThatIsNotThere_IsRefused()
    {
        var path = _folder.Combine("nosuch", "out.arrow");

        var error = await Assert.ThrowsAsync<DirectoryNotFoundException>(() => _platform.Monitoring.ExportPredictionsAsync("tips", path, version: 1));

        Assert.Equal($"Expected the folder of '{path}' to exist, but it does not.", error.Message);
    }

    [Fact]
    public async Task ExportPredictionsAsync_VersionsWithOtherColumns_IsRefused()
    {
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => _platform.Monitoring.ExportPredictionsAsync("tips", _folder.Combine("all.arrow")));

        Assert.Contains("version 1 and version 2, which differ in column 'f_x2'", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.FullName, ".tmp-*"));
    }

    private void Log(string model, int version, int width, int count, string variant)
    {
        var layout = TestModels.FloatLayout(width);
        var sink = _platform.Services.GetRequiredService<IPredictionObserver>().Attach(TestModels.Serve(layout, model, version, variant))!;
        var rows = new FeatureRows(layout, 1);
        rows.Status.Fill(FeatureStatus.Present);
        for (var i = 0; i < count; i++)
        {
            rows.Float32Of(0)[0] = i;
            LogHarness.Record(sink, rows, 0, i, i / 200.0);
        }

        (sink as IDisposable)!.Dispose();
    }

    private async Task<List<string>> QueryAsync(
        string sql, string model = "tips", int? version = null, DateTimeOffset? from = null, DateTimeOffset? to = null, string? variant = null)
    {
        var rows = new List<string>();
        await foreach (var batch in _platform.Monitoring.QueryPredictionsAsync(model, sql, version, from, to, variant))
        {
            rows.AddRange(Enumerable.Range(0, batch.Length).Select(row => string.Join(',', batch.Arrays.Select(a => Text(a, row)))));
        }

        return rows;
    }

    private static string Text(IArrowArray array, int row) => array switch
    {
        Int32Array a => FormattableString.Invariant($"{a.GetValue(row)}"),
        Int64Array a => FormattableString.Invariant($"{a.GetValue(row)}"),
        DoubleArray a => FormattableString.Invariant($"{a.GetValue(row)}"),
        FloatArray a => FormattableString.Invariant($"{a.GetValue(row)}"),
        _ => array.GetType().Name,
    };
}
