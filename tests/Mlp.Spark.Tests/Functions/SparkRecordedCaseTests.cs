using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Scoring;
using Mlp.Spark.Tests.Connect;
using Mlp.Spark.Tests.Peer;
using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Functions;

/// <summary>The cases of the recordings on a real server, and every kind of function that the worker says it runs.</summary>
public abstract class SparkRecordedCaseTests(SparkServer server)
{
    private const string Values = "SELECT * FROM VALUES (1L, 0.5D, 2.0D), (2L, -1.25D, 0.0D), (3L, CAST(NULL AS double), 4.0D) AS t(id, a, b)";
    private const string Groups = "SELECT * FROM VALUES (1, 'x', 1.5D), (1, 'x', 3.5D), (2, 'y', 2.5D) AS t(k, g, v)";
    private const string GroupColumns = "k int, g string, n bigint";

    private static readonly string[] Types =
    [
        "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "string", "binary", "date", "timestamp", "timestamp_ntz", "decimal(18,4)", "decimal(38,10)", "array<double>", "array<array<string>>",
        "map<string,int>", "struct<x:int,y:string>",
    ];

    private static readonly string[] Ordinary =
    [
        "true", "-8", "-16", "32", "64", "0.5", "-1.25", "'ä€😀'", "X'00ff'", "DATE'2020-02-29'", "TIMESTAMP'2020-02-29 12:34:56.789012'", "TIMESTAMP_NTZ'2020-02-29 12:34:56.789012'", "12345678.1234",
        "1234567890123456789012345678.0123456789", "array(1.5D, NULL)", "array(array('a', NULL), NULL)", "map('k', 1, 'l', NULL)", "named_struct('x', 1, 'y', 'z')",
    ];

    private static readonly string[] Edges =
    [
        "false", "127", "32767", "-2147483648", "-9223372036854775808", "'NaN'", "'-Infinity'", "''", "X''", "DATE'1900-01-01'", "TIMESTAMP'1900-01-01 00:00:00'", "TIMESTAMP_NTZ'9999-12-31 23:59:59.999999'",
        "-99999999999999.9999", "-9999999999999999999999999999.9999999999", "array()", "array()", "map()", "named_struct('x', NULL, 'y', NULL)",
    ];

    protected SparkServer Server => server;

    [SparkFact]
    public async Task Apply_EveryType_ComesBackAsItWas()
    {
        await using var session = await server.ConnectAsync();
        await session.Settings.SetAsync("spark.sql.session.timeZone", "UTC");
        string[][] rows = [Ordinary, [.. Enumerable.Repeat("NULL", Types.Length)], Edges];
        var table = session.Sql(string.Join(
            " UNION ALL ", rows.Select((row, n) => $"SELECT {n}L AS id, {string.Join(", ", row.Select((value, i) => $"CAST({value} AS {Types[i]}) AS c{i}"))}")));

        var direct = await CollectedRows.OfAsync(table.OrderBy("id"));
        var echoed = await CollectedRows.OfAsync(table.Apply(TestMethods.Named("Recorded.Echo"), $"id bigint, {string.Join(", ", Types.Select((type, i) => $"c{i} {type}"))}").OrderBy("id"));

        Assert.Equal(3, TextOf(direct).Count);
        Assert.Equal(TextOf(direct), TextOf(echoed));
    }

    [SparkFact]
    public async Task Apply_EmptyPartitions_GiveTheRowsOfTheOthers()
    {
        await using var session = await server.ConnectAsync();

        var rows = await CollectedRows.OfAsync(session.Range(0, 3, partitionCount: 8).Apply(TestMethods.Named("Recorded.Echo"), "id bigint"));

        Assert.Equal([0, 1, 2], rows.Int64(0).Order());
    }

    [SparkFact]
    public async Task Union_OfPartsThatTheWorkerMade_HasAllRows()
    {
        await using var session = await server.ConnectAsync();

        var union = Enumerable.Range(0, 12).Select(i => session.Range(i * 10, (i * 10) + 10, partitionCount: 1).Apply(TestMethods.Named("Recorded.Echo"), "id bigint")).Aggregate((all, part) => all.Union(part));

        Assert.Equal(Enumerable.Range(0, 120).Select(i => (long?)i), (await CollectedRows.OfAsync(union)).Int64(0).Order());
    }

    [SparkFact]
    public async Task Apply_ErrorBehindTheFirstBatch_ArrivesWithItsText()
    {
        await using var session = await server.ConnectAsync();
        await TestMethods.SetBatchRowsAsync(session, 100);

        var error = await Assert.ThrowsAsync<SparkException>(() => session.Range(0, 1000, partitionCount: 1).Apply(TestMethods.Named("Streams.FirstThenThrow"), "id bigint").CountAsync());

        Assert.Contains("Streams.FirstThenThrow' threw InvalidOperationException: after the first", error.Message, StringComparison.Ordinal);
    }

    [SparkFact]
    public async Task MethodColumn_WithARowTooFew_IsRefused()
    {
        await using var session = await server.ConnectAsync();

        var error = await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(session.Range(0, 10).SelectSql("id").Select(session.MethodColumn(TestMethods.Named("Faulty.Short"), "bigint", "id").As("s"))));

        Assert.Contains("Faulty.Short", error.Message, StringComparison.Ordinal);
        Assert.Contains("rows", error.Message, StringComparison.Ordinal);
    }

    [SparkFact]
    public Task Functions_OfTheKindsOfAllVersions_AreRun() => RunKindsAsync([200, 204], [205, 207], [201]);

    /// <summary>Runs the same function as each kind.</summary>
    protected async Task RunKindsAsync(int[] scalars, int[] maps, int[] groups)
    {
        await using var session = await server.ConnectAsync();
        await session.Range(0, 1).Apply(TestMethods.Named("Recorded.Echo"), "id bigint").CountAsync();
        var table = await session.Sql(Values).Plan.BuildAsync(default);
        var grouped = await session.Sql(Groups).Plan.BuildAsync(default);
        foreach (var kind in scalars)
        {
            var function = Function(kind, "Recorded.Linear", "double", "a", "b");
            var rows = await CollectedRows.OfAsync(Table(session, new() { Project = new() { Input = table, Expressions = { new Expression { CommonInlineUserDefinedFunction = function } } } }));
            Assert.Equal([-2.5, 3.0, null], rows.Double(0).OrderBy(v => v ?? double.MaxValue));
        }

        foreach (var kind in maps)
        {
            var function = Function(kind, "Recorded.Score", "id bigint, score double", "id", "a", "b");
            var rows = await CollectedRows.OfAsync(Table(session, new() { MapPartitions = new() { Input = table, Func = function } }).OrderBy("id"));
            Assert.Equal([3.0, -2.5, null], rows.Double(1));
        }

        foreach (var kind in groups)
        {
            var function = Function(kind, "Recorded.Count", GroupColumns, "k", "g", "v");
            var relation = new Relation { GroupMap = new() { Input = grouped, GroupingExpressions = { FunctionPlans.Column("k"), FunctionPlans.Column("g") }, Func = function } };
            Assert.Equal([2, 1], (await CollectedRows.OfAsync(Table(session, relation).OrderBy("k"))).Int64(2));
        }
    }

    private static SparkDataFrame Table(SparkSession session, Relation relation) => new(session, SparkPlan.Of(relation));

    private static CommonInlineUserDefinedFunction Function(int kind, string method, string output, params string[] arguments)
        => FunctionPlans.Create("f", kind, RecordedCommands.Call(method), FunctionPlans.Type(output), arguments.Select(FunctionPlans.Column));

    private static List<string> TextOf(CollectedRows rows)
        => [.. rows.Batches.SelectMany(b => Enumerable.Range(0, b.Length).Select(row => string.Join(", ", b.Arrays.Select(a => ArrowText.Format(a, row)))))];
}
