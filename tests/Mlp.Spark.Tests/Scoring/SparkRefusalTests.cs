using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Spark.Commands;
using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Scoring;
using Mlp.Spark.Tests.Connect;
using Mlp.Spark.Tests.Functions;
using Mlp.Spark.Tests.Functions.Models;
using Mlp.Spark.Tests.Peer;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Scoring;

/// <summary>What the worker itself refuses on a real server, where no client has looked at the columns before: its sentence reaches whoever asks.</summary>
public abstract class SparkRefusalTests(SparkServer server) : IAsyncLifetime
{
    private TestPackage _package = null!;

    public async Task InitializeAsync() => _package = await TestPackage.CreateLinearAsync(features: [new("a", FeatureType.Float32), new("b", FeatureType.Float32), new("c", FeatureType.Float32)]);

    public Task DisposeAsync() => _package.DisposeAsync().AsTask();

    [SparkFact]
    public async Task RegisteredFunction_CalledWrongly_SaysWhatItWants()
    {
        await using var session = await server.ConnectAsync();
        await session.RegisterFunctionAsync("linear", SparkModel.FromPackage(_package.File.Path));

        var right = await CollectedRows.OfAsync(session.Sql("SELECT linear(1.0F, 2.0F, CAST(id AS float)) AS s FROM range(3, 4)"));
        var type = await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(session.Sql("SELECT linear(1.0F, CAST(id AS string), 2.0F) FROM range(1)")));
        var count = await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(session.Sql("SELECT linear(1.0F, CAST(id AS float)) FROM range(1)")));

        Assert.Equal([12.0], right.Double(0));
        Assert.Contains("'b'", type.Message, StringComparison.Ordinal);
        Assert.Contains("utf8", type.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Expected 3 arguments for model 'scored' version 1, but the query passes 2.", count.Message, StringComparison.Ordinal);
    }

    [SparkFact]
    public async Task Query_ThatSparkRefuses_IsToldWithoutItsPlan()
    {
        await using var session = await server.ConnectAsync();
        var scored = session.Sql("SELECT id, CAST(id AS float) AS a, 1.0F AS b, 1.0F AS c FROM range(3)").Score(SparkModel.FromPackage(_package.File.Path), new() { Keep = ["id"] });
        await scored.CreateTemporaryViewAsync("scored");

        var unknown = await Assert.ThrowsAsync<SparkException>(() => scored.Where("nope > 1").CountAsync());
        var lateral = await Assert.ThrowsAsync<SparkException>(() => session.Sql("SELECT * FROM range(3) AS r, LATERAL (SELECT score FROM scored AS s WHERE s.id = r.id)").CountAsync());

        Assert.All([unknown, lateral], error => Assert.DoesNotContain("\n", error.Message, StringComparison.Ordinal));
        Assert.EndsWith("more than one row", lateral.Message, StringComparison.Ordinal);
        Assert.Contains("+- ", lateral.ServerMessage, StringComparison.Ordinal);
    }

    [SparkFact]
    public async Task Write_ThatTheWorkerFails_IsToldInItsWords()
    {
        await using var session = await server.ConnectAsync();
        var nulls = new NullOptions { Policy = NullPolicy.Error };
        var scored = session.Sql("SELECT CAST(NULL AS float) AS a, 1.0F AS b, 1.0F AS c FROM range(0, 3, 1, 1)").Score(SparkModel.FromPackage(_package.File.Path), new() { Nulls = nulls });

        var error = await Assert.ThrowsAsync<SparkException>(() => scored.Write.ParquetAsync(Path.Combine(_package.Folder, "failed")));

        Assert.DoesNotContain("Task failed", error.Message, StringComparison.Ordinal);
        Assert.Contains("Expected a value of feature 'a' in row 1 of the partition, but it is Null", error.Message, StringComparison.Ordinal);
    }

    [SparkFact]
    public async Task Command_ThatDoesNotFit_IsRefusedWithItsSentence()
    {
        await using var session = await server.ConnectAsync();
        await session.Range(0, 1).Apply(TestMethods.Named("Recorded.Echo"), "id bigint").CountAsync();
        const string Columns = "SELECT 1L AS id, 1.0F AS a, 2.0F AS b, 3.0F AS c";
        const string WithoutC = "SELECT 1L AS id, 1.0F AS a, 2.0F AS b";
        const string Doubles = "SELECT 1L AS id, 1.0D AS a, 2.0F AS b, 3.0F AS c";

        Assert.Equal(1, await Scored(session, Columns, _package.File).CountAsync());
        await RefuseAsync(Scored(session, WithoutC, _package.File), "Expected a column 'c' for the feature of that name");
        await RefuseAsync(Scored(session, Doubles, _package.File), "'a'", "double");
        await RefuseAsync(Scored(session, Columns, new FileReference("none.mlpkg", new string('b', 64))), "none.mlpkg', but found no file");
        await RefuseAsync(Scored(session, Columns, new FileReference(_package.File.Path, new string('a', 64))), $"SHA-256 {new string('a', 64)}", $"but found SHA-256 {_package.File.Sha256}");
    }

    [SparkFact]
    public async Task Write_ThatFailsBehindItsFirstBatches_LeavesNothingBehind()
    {
        using var folder = new TempDirectory();
        await using var session = await server.ConnectAsync();
        await TestMethods.SetBatchRowsAsync(session, 100);
        var path = folder.Combine("failed");
        var table = session.Range(0, 4000, partitionCount: 4).Apply(TestMethods.Named("Streams.FirstThenThrow"), "id bigint");

        var error = await Assert.ThrowsAsync<SparkException>(() => table.Write.ParquetAsync(path));

        Assert.Contains("after the first", error.Message, StringComparison.Ordinal);

        // The query fails with its first task. Another one beside it cleans up a moment later.
        using var patience = new CancellationTokenSource(WorkerProcess.Patience);
        while (Directory.Exists(path) && Directory.GetFiles(path, "*", SearchOption.AllDirectories).Any(f => !Path.GetFileName(f).StartsWith('.')))
        {
            await Task.Delay(20, patience.Token);
        }
    }

    private static async Task RefuseAsync(SparkDataFrame table, params string[] texts)
    {
        var error = await Assert.ThrowsAsync<SparkException>(() => table.CountAsync());
        foreach (var text in texts)
        {
            Assert.Contains(text, error.Message, StringComparison.Ordinal);
        }
    }

    private static SparkDataFrame Scored(SparkSession session, string sql, FileReference model)
    {
        var arguments = sql.Split(" AS ")[1..].Select(part => FunctionPlans.Column(part.Split(',')[0]));
        var command = new ScoreCommand { Model = model, Outputs = [new OutputColumn("score", "double")], Keep = ["id"] };
        return new SparkDataFrame(session, session.Sql(sql).Plan.Then(table => new Relation
        {
            MapPartitions = new()
            {
                Input = table,
                Func = FunctionPlans.Create("score", FunctionPlans.Tables, command, FunctionPlans.Type("id bigint, score double"), arguments),
            },
        }));
    }
}
