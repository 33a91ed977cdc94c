using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Spark.Commands;
using Mlp.Spark.Connect;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Connect;

/// <summary>Queries on a real server, the same on every version.</summary>
public abstract class SparkQueryTests(SparkServer server)
{
    [SparkFact]
    public async Task GetVersion_OfServer_IsItsVersion()
    {
        await using var session = await server.ConnectAsync();

        // The Connect jar that goes with 3.5.9 is of 3.5.7, and Spark says the version of its core.
        Assert.Equal(server.Version, await session.GetVersionAsync());
    }

    [SparkFact]
    public async Task Collect_SelectWhereWithColumnOrderByLimit_GivesTheRows()
    {
        await using var session = await server.ConnectAsync();

        var rows = await CollectedRows.OfAsync(session.Range(0, 100, partitionCount: 3).Where("id % 10 = 3").WithColumn("twice", SparkColumn.Sql("id * 2"))
            .Select("twice", SparkColumn.Named("id").As("number")).OrderBy("number").Limit(4));

        Assert.Equal(["twice", "number"], rows.Names);
        Assert.Equal([6, 26, 46, 66], rows.Int64(0));
        Assert.Equal([3, 13, 23, 33], rows.Int64(1));
    }

    [SparkFact]
    public async Task Collect_ManyBatches_StreamsAllOfThem()
    {
        await using var session = await server.ConnectAsync();
        await session.Settings.SetAsync("spark.sql.execution.arrow.maxRecordsPerBatch", "1000");

        var (batches, rows) = (0, 0L);
        await foreach (var batch in session.Range(0, 50_000, partitionCount: 2).CollectAsync())
        {
            using (batch)
            {
                batches++;
                rows += batch.Length;
            }
        }

        Assert.Equal(50_000, rows);
        Assert.True(batches >= 2, $"{batches} batches");
        Assert.Equal(50_000, await session.Range(0, 50_000).CountAsync());
    }

    [SparkFact]
    public async Task Collect_NoRows_GivesNoBatch()
    {
        await using var session = await server.ConnectAsync();

        await foreach (var _ in session.Range(0, 0).CollectAsync())
        {
            Assert.Fail("There are no rows.");
        }
    }

    [SparkFact]
    public async Task FromBatches_AllKinds_ComeBackAsTheyWere()
    {
        await using var session = await server.ConnectAsync();
        using var batch = SampleBatch();

        var rows = await CollectedRows.OfAsync(session.FromBatches(batch.Schema, batch));

        Assert.Equal(["id", "name", "value"], rows.Names);
        Assert.Equal([1, 2, 3], rows.Int64(0));
        var collected = rows.Batches[0];
        Assert.Equal("a", ((StringArray)collected.Column(1)).GetString(0));
        Assert.True(collected.Column(1).IsNull(1));
        Assert.Equal([0.5, null, -1.5], rows.Double(2));
    }

    [SparkFact]
    public async Task FromBatches_WithoutBatch_IsAnEmptyTable()
    {
        await using var session = await server.ConnectAsync();
        using var batch = SampleBatch();
        var table = session.FromBatches(batch.Schema);

        Assert.Equal(0, await table.CountAsync());
        Assert.Equal(["id", "name", "value"], (await table.GetSchemaAsync()).FieldsList.Select(f => f.Name));
    }

    [SparkFact]
    public async Task Schema_OfManyTypes_IsThatOfArrow()
    {
        await using var session = await server.ConnectAsync();

        var schema = await session.Sql(
            """
            SELECT true AS a, 1Y AS b, 1S AS c, 1 AS d, 1L AS e, 1.0F AS f, 1.0D AS g, CAST(1 AS decimal(18,4)) AS h, 'x' AS i, X'01' AS j, DATE'2020-01-01' AS k, TIMESTAMP'2020-01-01 00:00:00' AS l,
            TIMESTAMP_NTZ'2020-01-01 00:00:00' AS m, array(1.0D) AS n, named_struct('x', 1, 'y', 'z') AS o, map('k', 1) AS p, NULL AS q
            """).GetSchemaAsync();

        Assert.Equal(
            ["boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(18,4)", "string", "binary", "date", "timestamp", "timestamp_ntz", "array<double>", "struct<x:int,y:string>", "map<string,int>", "void"],
            schema.FieldsList.Select(f => SparkTypeText.Of(f.DataType)));
        Assert.False(schema.FieldsList[0].IsNullable);
        Assert.True(schema.FieldsList[16].IsNullable);
    }

    [SparkFact]
    public async Task Explain_OfQuery_IsItsPlan()
    {
        await using var session = await server.ConnectAsync();
        var table = session.Range(0, 10).Where("id > 3");

        Assert.Contains("Physical Plan", await table.ExplainAsync(), StringComparison.Ordinal);
        Assert.Contains("Analyzed Logical Plan", await table.ExplainAsync(extended: true), StringComparison.Ordinal);
    }

    [SparkFact]
    public async Task TemporaryView_Created_IsKnownToSqlAndReplaced()
    {
        await using var session = await server.ConnectAsync();

        await session.Range(0, 5).CreateTemporaryViewAsync("numbers");
        await session.Range(0, 7).CreateTemporaryViewAsync("numbers");

        Assert.Equal([7], (await CollectedRows.OfAsync(session.Sql("SELECT count(*) AS n FROM numbers"))).Int64(0));
        Assert.Equal(7, await session.Read.Table("numbers").CountAsync());
        await session.ExecuteSqlAsync("DROP VIEW numbers");
        await Assert.ThrowsAsync<SparkException>(() => session.Read.Table("numbers").CountAsync());
    }

    [SparkFact]
    public async Task Write_FilesOfEachFormat_AreReadBack()
    {
        using var folder = new TempDirectory();
        await using var session = await server.ConnectAsync();
        var table = session.Range(0, 20).WithColumn("part", SparkColumn.Sql("id % 2")).WithColumn("text", SparkColumn.Sql("concat('n', id)"));

        await table.Write.PartitionBy("part").Option("compression", "none").ParquetAsync(folder.Combine("parquet"));
        await table.Write.Option("header", "true").CsvAsync(folder.Combine("csv"));
        await table.Write.JsonAsync(folder.Combine("json"));

        Assert.True(File.Exists(folder.Combine("parquet", "_SUCCESS")));
        Assert.True(Directory.Exists(folder.Combine("parquet", "part=1")));
        Assert.Equal(20, await session.Read.Parquet(folder.Combine("parquet")).CountAsync());
        Assert.Equal(20, await session.Read.Option("header", "true").Schema("id bigint, part bigint, text string").Csv(folder.Combine("csv")).Where("text = concat('n', id)").CountAsync());
        Assert.Equal(10, await session.Read.Json(folder.Combine("json")).Where("part = 1").CountAsync());
    }

    [SparkFact]
    public async Task Write_ModeOfEachKind_DoesWhatItSays()
    {
        using var folder = new TempDirectory();
        await using var session = await server.ConnectAsync();
        var path = folder.Combine("table");
        var table = session.Range(0, 3);
        await table.Write.ParquetAsync(path);

        await Assert.ThrowsAsync<SparkException>(() => table.Write.ParquetAsync(path));
        await table.Write.Mode(SparkSaveMode.Append).ParquetAsync(path);
        Assert.Equal(6, await session.Read.Parquet(path).CountAsync());
        await table.Write.Mode(SparkSaveMode.Ignore).ParquetAsync(path);
        Assert.Equal(6, await session.Read.Parquet(path).CountAsync());
        await table.Write.Mode(SparkSaveMode.Overwrite).ParquetAsync(path);
        Assert.Equal(3, await session.Read.Parquet(path).CountAsync());
    }

    [SparkFact]
    public async Task Write_Table_IsInTheCatalog()
    {
        await using var session = await server.ConnectAsync();
        var name = $"t{Guid.NewGuid():N}";

        await session.Range(0, 3).Write.TableAsync(name);

        Assert.Equal(3, await session.Read.Table(name).CountAsync());
        await session.ExecuteSqlAsync($"DROP TABLE {name}");
    }

    [SparkFact]
    public async Task Settings_SetAndUnset_AreThoseOfTheSession()
    {
        await using var session = await server.ConnectAsync();

        await session.Settings.SetAsync("spark.sql.session.timeZone", "Europe/Berlin");

        Assert.Equal("Europe/Berlin", await session.Settings.GetAsync("spark.sql.session.timeZone"));
        await session.Settings.UnsetAsync("spark.sql.session.timeZone");
        Assert.NotEqual("Europe/Berlin", await session.Settings.GetAsync("spark.sql.session.timeZone"));
        Assert.Null(await session.Settings.GetAsync("mlp.no.such.setting"));
    }

    [SparkFact]
    public async Task Union_OfManyParts_HasAllRows()
    {
        await using var session = await server.ConnectAsync();

        var union = Enumerable.Range(1, 15).Aggregate(session.Range(0, 1), (all, i) => all.Union(session.Range(i, i + 1)));

        Assert.Equal(16, await union.Repartition(2).CountAsync());
    }

    [SparkFact]
    public async Task Error_OfAnalysis_IsSparksOwnWithClassAndState()
    {
        await using var session = await server.ConnectAsync();

        var error = await Assert.ThrowsAsync<SparkException>(() => session.Sql("SELECT * FROM no_such_table").CountAsync());

        Assert.Contains("no_such_table", error.Message, StringComparison.Ordinal);
        Assert.Contains("TABLE_OR_VIEW_NOT_FOUND", error.Message, StringComparison.Ordinal);
        if (server.Version.StartsWith('4'))
        {
            Assert.Equal("TABLE_OR_VIEW_NOT_FOUND", error.ErrorClass);
            Assert.Equal("42P01", error.SqlState);
        }
    }

    [SparkFact]
    public async Task Error_OfExecution_KeepsALongMessage()
    {
        await using var session = await server.ConnectAsync();

        var error = await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(session.Range(0, 1).SelectSql($"raise_error(concat('{new string('x', 1500)}', id))")));

        Assert.Contains(new string('x', 1500), error.Message, StringComparison.Ordinal);
    }

    [SparkFact]
    public async Task Cancel_OfRunningQuery_EndsItOnTheCluster()
    {
        await using var session = await server.ConnectAsync();
        using var patience = new CancellationTokenSource();
        var slow = session.Range(0, 4, partitionCount: 4).SelectSql("java_method('java.lang.Thread', 'sleep', 600000L + id)");

        var running = Record.ExceptionAsync(() => CollectedRows.OfAsync(slow, patience.Token));
        patience.CancelAfter(TimeSpan.FromSeconds(2));

        Assert.IsAssignableFrom<OperationCanceledException>(await running);

        // Both slots of the cluster are free again, although the sleep is long.
        Assert.Equal(5, await session.Range(0, 5, partitionCount: 2).Repartition(2).CountAsync());
    }

    [SparkFact]
    public async Task Interrupt_OfRunningQuery_FailsWhoWaitsForIt()
    {
        await using var session = await server.ConnectAsync();
        var slow = session.Range(0, 2, partitionCount: 2).SelectSql("java_method('java.lang.Thread', 'sleep', 600000L + id)");
        var running = Record.ExceptionAsync(() => CollectedRows.OfAsync(slow));

        while (await session.InterruptAsync() == 0)
        {
            await Task.Yield();
        }

        var error = Assert.IsType<SparkException>(await running);
        Assert.Contains("cancel", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    private static RecordBatch SampleBatch() => new(
        new Schema([new Field("id", Int64Type.Default, false), new Field("name", StringType.Default, true), new Field("value", DoubleType.Default, true)], null),
        [new Int64Array.Builder().AppendRange([1, 2, 3]).Build(), new StringArray.Builder().Append("a").AppendNull().Append("c").Build(), new DoubleArray.Builder().Append(0.5).AppendNull().Append(-1.5).Build()],
        3);
}
