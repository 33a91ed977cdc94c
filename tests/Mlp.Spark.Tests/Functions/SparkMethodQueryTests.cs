using Mlp.Spark.Connect;
using Mlp.Spark.Functions;
using Mlp.Spark.Tests.Connect;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Functions;

/// <summary>Methods of users on a real server, the same on every version.</summary>
public abstract class SparkMethodQueryTests(SparkServer server)
{
    private const string Recorded = "Mlp.Spark.TestFunctions.Recorded";
    private const string Faulty = "Mlp.Spark.TestFunctions.Faulty";

    private static readonly string Assembly = Path.Combine(AppContext.BaseDirectory, "functions", "Mlp.Spark.TestFunctions.dll");

    [SparkFact]
    public async Task Apply_MethodOfTables_GivesItsRows()
    {
        await using var session = await server.ConnectAsync();

        var rows = await CollectedRows.OfAsync(Sample(session).Apply(Method(Recorded, "Score"), "id bigint, score double").OrderBy("id"));

        Assert.Equal([1, 2, 3], rows.Int64(0));
        Assert.Equal([3.0, -2.5, null], rows.Double(1));
    }

    [SparkFact]
    public async Task Apply_ColumnThatNobodyReadsBehindIt_IsStillThere()
    {
        await using var session = await server.ConnectAsync();

        var rows = await CollectedRows.OfAsync(Sample(session).Apply(Method(Recorded, "Score"), "id bigint, score double").Select("score"));

        Assert.Equal([3.0, -2.5, null], rows.Double(0));
    }

    [SparkFact]
    public async Task Apply_EmptyTableAndNoOutput_GiveNothing()
    {
        await using var session = await server.ConnectAsync();

        Assert.Equal(0, await Sample(session).Where("id > 100").Apply(Method(Recorded, "Score"), "id bigint, score double").CountAsync());
        Assert.Equal(0, await Sample(session).Apply(Method("Mlp.Spark.TestFunctions.Streams", "Nothing"), "id bigint, a double, b double").CountAsync());
    }

    [SparkFact]
    public async Task Apply_OtherColumnsThanDeclared_AreRefused()
    {
        await using var session = await server.ConnectAsync();

        var name = await Assert.ThrowsAsync<SparkException>(() => Sample(session).Apply(Method(Recorded, "Score"), "id bigint, other double").CountAsync());
        var count = await Assert.ThrowsAsync<SparkException>(() => Sample(session).Apply(Method(Recorded, "Score"), "id bigint").CountAsync());
        var type = await Assert.ThrowsAsync<SparkException>(() => Sample(session).Apply(Method(Recorded, "Score"), "id bigint, score string").CountAsync());

        Assert.Contains("as the query declares, but found 'score' (double)", name.Message, StringComparison.Ordinal);
        Assert.Contains("Expected 1 column from ", count.Message, StringComparison.Ordinal);
        Assert.Contains("Expected 'score' (string) as column 2", type.Message, StringComparison.Ordinal);
    }

    [SparkFact]
    public async Task MethodColumn_OfAnotherTypeThanDeclared_IsRefused()
    {
        await using var session = await server.ConnectAsync();

        var error = await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(Sample(session).Select(session.MethodColumn(Method(Recorded, "Linear"), "bigint", "a", "b").As("l"))));

        Assert.Contains("Expected 'result' (bigint) as column 1 from method 'Mlp.Spark.TestFunctions.Recorded.Linear', as the query declares, but found 'result' (double).", error.Message, StringComparison.Ordinal);
    }

    [SparkFact]
    public async Task GroupBy_MethodOfGroups_SeesEachOnce()
    {
        await using var session = await server.ConnectAsync();
        var table = session.Sql("SELECT * FROM VALUES (1, 'x', 1.5D), (1, 'x', 3.5D), (2, 'y', 2.5D) AS t(k, g, v)");

        var rows = await CollectedRows.OfAsync(table.GroupBy("k", "g").Apply(Method(Recorded, "Count"), "k0 int, k1 string, n bigint").OrderBy("k0").Select("n"));

        Assert.Equal([2, 1], rows.Int64(0));
    }

    [SparkFact]
    public async Task GroupBy_GroupOfSeveralBatchesWithNullsOfNoType_IsOneBatchOfTheMethod()
    {
        await using var session = await server.ConnectAsync();
        await TestMethods.SetBatchRowsAsync(session, 10);
        var table = session.Range(0, 35, partitionCount: 1)
            .SelectSql("1 AS k", "'x' AS g", "NULL AS nothing", "array(NULL, NULL) AS list", "named_struct('id', id, 'nothing', NULL) AS record", "map(id, NULL) AS map");

        var rows = await CollectedRows.OfAsync(table.GroupBy("k").Apply(Method(Recorded, "Count"), "k0 int, k1 string, n bigint").Select("n"));

        Assert.Equal([35], rows.Int64(0));
    }

    [SparkFact]
    public async Task MethodColumns_TwoAndChained_AreComputed()
    {
        await using var session = await server.ConnectAsync();
        var linear = session.MethodColumn(Method(Recorded, "Linear"), "double", "a", "b");
        var product = session.MethodColumn(Method(Recorded, "Product"), "double", "b", "a");
        var echo = session.MethodColumn(Method(Recorded, "EchoColumn"), "double", session.MethodColumn(Method(Recorded, "EchoColumn"), "double", "a"));

        var rows = await CollectedRows.OfAsync(Sample(session).Select("id", linear.As("l"), product.As("p"), echo.As("e")).OrderBy("id"));

        Assert.Equal(["id", "l", "p", "e"], rows.Names);
        Assert.Equal([3.0, -2.5, null], rows.Double(1));
        Assert.Equal([1.0, 0.0, null], rows.Double(2));
        Assert.Equal([0.5, -1.25, null], rows.Double(3));
    }

    [SparkFact]
    public async Task RegisterFunction_OfMethod_IsCalledBySql()
    {
        await using var session = await server.ConnectAsync();

        await session.RegisterFunctionAsync("linear", Method(Recorded, "Linear"), "double");
        await Sample(session).CreateTemporaryViewAsync("sample");

        Assert.Equal([3.0, -2.5, null], (await CollectedRows.OfAsync(session.Sql("SELECT linear(a, b) AS s FROM sample ORDER BY id"))).Double(0));
    }

    [SparkFact]
    public async Task Apply_MethodThatThrows_SaysItsSentence()
    {
        await using var session = await server.ConnectAsync();

        var error = await Assert.ThrowsAsync<SparkException>(() => Sample(session).Apply(Method(Faulty, "Throw"), "id bigint").CountAsync());

        Assert.Contains("no such luck with", error.Message, StringComparison.Ordinal);
    }

    [SparkFact]
    public async Task Apply_MissingMethod_SaysSo()
    {
        await using var session = await server.ConnectAsync();

        var error = await Assert.ThrowsAsync<SparkException>(() => Sample(session).Apply(Method(Recorded, "NoSuchMethod"), "id bigint").CountAsync());

        Assert.Contains("Expected one public static method 'NoSuchMethod'", error.Message, StringComparison.Ordinal);
    }

    [SparkFact]
    public async Task MethodColumn_ThatNeedsAnAssemblyThatIsNowhere_NamesItAndItsPlace()
    {
        using var folder = new TempDirectory();
        var alone = folder.Combine(Path.GetFileName(Assembly));
        File.Copy(Assembly, alone);
        await using var session = await server.ConnectAsync();
        var escape = SparkMethod.FromAssembly(alone, "Mlp.Spark.TestFunctions.Dependent", "Escape");

        var error = await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(session.Sql("SELECT 'a' AS text").Select(session.MethodColumn(escape, "string", "text"))));

        Assert.Contains("Expected the assembly 'Spectre.Console' ", error.Message, StringComparison.Ordinal);
        Assert.Contains("beside 'Mlp.Spark.TestFunctions.dll', but found none.", error.Message, StringComparison.Ordinal);
    }

    [SparkFact]
    public async Task Sessions_TwentyAtOnce_AllGetTheirRows()
    {
        var counts = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            await using var session = await server.ConnectAsync();
            return await session.Range(0, 100 + i, partitionCount: 2).Apply(Method(Recorded, "Echo"), "id bigint").CountAsync();
        }));

        Assert.Equal(Enumerable.Range(0, 20).Select(i => 100L + i), counts);
    }

    private static SparkMethod Method(string type, string name) => SparkMethod.FromAssembly(Assembly, type, name);

    private static SparkDataFrame Sample(SparkSession session)
        => session.Sql("SELECT * FROM VALUES (1L, 0.5D, 2.0D), (2L, -1.25D, 0.0D), (3L, CAST(NULL AS double), 4.0D) AS t(id, a, b)");
}
