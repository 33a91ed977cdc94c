using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;
using Mlp.Spark.Connect;
using Mlp.Spark.Connect.Protocol;
using Mlp.Spark.Scoring;
using Mlp.Spark.Tests.Connect;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Scoring;

/// <summary>Models of a registry on a real server, the same on every version.</summary>
public abstract class SparkScoreQueryTests(SparkServer server) : IAsyncLifetime, IDisposable
{
    private const string Linear = "linear";
    private const string Matrix = "matrix";

    private readonly TempDirectory _folder = new();
    private MlPlatform _platform = null!;

    protected SparkServer Server => server;

    public async Task InitializeAsync()
    {
        _platform = MlPlatform.CreateBuilder().UseDataDirectory(_folder.Combine("data")).AddModel(Linear).AddModel(Matrix).Build();
        await _platform.StartAsync();
        var onnx = OnnxBytes.Linear(inputs: 3, outputs: 1, weight: 2);
        var output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" };
        FeatureColumn[] features = [new("a", FeatureType.Float32), new("b b", FeatureType.Float32), new("c", FeatureType.Float32)];
        await PublishAsync(Linear, new ModelPackage { Onnx = onnx, Output = output, Features = features });
        await PublishAsync(Matrix, new ModelPackage { Onnx = onnx, Output = output });
    }

    public Task DisposeAsync() => _platform.DisposeAsync().AsTask();

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [SparkFact]
    public async Task Score_Champion_HasTheKeptColumnsAndTheScore()
    {
        await using var session = await ConnectAsync();

        var rows = await CollectedRows.OfAsync(Sample(session).Score(Linear, keep: ["text", "id"]).OrderBy("id"));

        Assert.Equal(["text", "id", "score"], rows.Names);
        Assert.Equal([1, 2, 3], rows.Int64(1));
        Assert.Equal([12.0, -6.0, 0.0], rows.Double(2));
    }

    [SparkFact]
    public async Task Score_Written_IsReadBack()
    {
        await using var session = await ConnectAsync();

        await Sample(session).Score(Linear, keep: "id").Write.ParquetAsync(_folder.Combine("out"));

        Assert.True(File.Exists(_folder.Combine("out", "_SUCCESS")));
        Assert.Equal([12.0, -6.0, 0.0], (await CollectedRows.OfAsync(session.Read.Parquet(_folder.Combine("out")).OrderBy("id"))).Double(1));
    }

    [SparkFact]
    public async Task Score_Doubles_AreRefusedUnlessRoundingIsAllowed()
    {
        await using var session = await ConnectAsync();
        var doubles = session.Sql("SELECT 1L AS id, 1.0D AS a, 2.0D AS `b b`, 3.0D AS c");
        var model = SparkModel.FromAlias(_platform.Registry, Linear);

        var error = await Assert.ThrowsAsync<ArgumentException>(() => doubles.Score(model).CountAsync());
        var rows = await CollectedRows.OfAsync(doubles.Score(model, new() { RoundToFloat32 = true, Keep = [] }));

        Assert.Contains("found type double (model 'linear' version 1)", error.Message, StringComparison.Ordinal);
        Assert.Equal(["score"], rows.Names);
        Assert.Equal([12.0], rows.Double(0));
    }

    [SparkFact]
    public async Task Score_DoublesThatAreKept_StayAsTheyAre()
    {
        await using var session = await ConnectAsync();
        var doubles = session.Sql("SELECT 0.1D AS a, 0.2D AS `b b`, 16777217D AS c");
        var model = SparkModel.FromAlias(_platform.Registry, Linear);
        var options = new SparkScoreOptions { RoundToFloat32 = true, Keep = ["a"] };
        var expected = (double)(2 * (0.1f + 0.2f + 16777216f));

        var table = await CollectedRows.OfAsync(doubles.Score(model, options));
        var column = await CollectedRows.OfAsync(doubles.Select("a", session.ScoreColumn(model, options with { Keep = null }).As("s")));
        var arguments = await CollectedRows.OfAsync(doubles.Select("a", session.ScoreColumn(model, options with { Keep = null }, "a", "b b", "c").As("s")));

        Assert.All([table, column, arguments], rows => Assert.Equal((0.1, expected), (rows.Double(0).Single(), rows.Double(1).Single())));
    }

    [SparkFact]
    public async Task Score_WhatDoesNotFit_IsSaidBeforeATaskStarts()
    {
        await using var session = await ConnectAsync();

        var column = await Assert.ThrowsAsync<ArgumentException>(() => Sample(session).Select("id", "a").Score(Linear).CountAsync());
        var kept = await Assert.ThrowsAsync<ArgumentException>(() => Sample(session).Score(Linear, keep: "nothing").CountAsync());
        var taken = await Assert.ThrowsAsync<ArgumentException>(() => Sample(session).WithColumn("score", "a").Score(Linear).CountAsync());
        var model = await Assert.ThrowsAsync<ModelNotFoundException>(() => Sample(session).Score("unknown").CountAsync());

        Assert.Contains("Expected a column 'b b' of type Float32", column.Message, StringComparison.Ordinal);
        Assert.Contains("Expected a column 'nothing' to keep", kept.Message, StringComparison.Ordinal);
        Assert.Contains("without a column 'score'", taken.Message, StringComparison.Ordinal);
        Assert.Equal("unknown", model.Model);
    }

    [SparkFact]
    public async Task Score_NamesThatDifferInCaseAlone_AreToldApartWhereSparkDoes()
    {
        await using var session = await ConnectAsync();
        var taken = Sample(session).WithColumn("SCORE", "a");
        var twice = Sample(session).SelectSql("id", "a", "a + 1F AS A", "`b b`", "c");

        var clash = await Assert.ThrowsAsync<ArgumentException>(() => taken.Score(Linear).CountAsync());
        var kept = await CollectedRows.OfAsync(taken.Score(Linear, keep: "id").Where("score > 0"));

        Assert.Contains("Expected a table without a column 'score', which scoring adds, but found one that differs in case alone", clash.Message, StringComparison.Ordinal);
        Assert.Equal([12.0], kept.Double(1));
        var both = await Assert.ThrowsAsync<ArgumentException>(() => twice.Score(Linear, keep: "id").CountAsync());
        Assert.Contains("but found 'a' and 'A', which Spark takes for one name", both.Message, StringComparison.Ordinal);

        await session.Settings.SetAsync("spark.sql.caseSensitive", "true");

        Assert.Equal(["id", "a", "A", "b b", "c", "score"], (await CollectedRows.OfAsync(twice.Score(Linear))).Names);
        Assert.Contains("SCORE", (await CollectedRows.OfAsync(taken.Score(Linear))).Names);
    }

    [SparkFact]
    public async Task ScoreColumn_AndGroups_GiveTheSameScores()
    {
        await using var session = await ConnectAsync();
        var model = SparkModel.FromVersion(_platform.Registry, Linear, 1);

        var column = await CollectedRows.OfAsync(Sample(session).WithColumn("s", session.ScoreColumn(model)).Select("id", "s").OrderBy("id"));
        var arguments = await CollectedRows.OfAsync(Sample(session).Select("id", session.ScoreColumn(model, null, "c", "a", "b b").As("s")).OrderBy("id"));
        var groups = await CollectedRows.OfAsync(Sample(session).GroupBy("text").Score(model, new() { Keep = ["id"] }).OrderBy("id"));

        Assert.Equal([12.0, -6.0, 0.0], column.Double(1));
        Assert.Equal([12.0, -6.0, 0.0], arguments.Double(1));
        Assert.Equal([12.0, -6.0, 0.0], groups.Double(1));
    }

    [SparkFact]
    public async Task RegisterFunction_OfModel_IsCalledBySql()
    {
        await using var session = await ConnectAsync();
        await Sample(session).CreateTemporaryViewAsync("sample");

        await session.RegisterFunctionAsync("linear", SparkModel.FromAlias(_platform.Registry, Linear));

        Assert.Equal([12.0, -6.0, 0.0], (await CollectedRows.OfAsync(session.Sql("SELECT linear(a, `b b`, c) AS s FROM sample ORDER BY id"))).Double(0));
    }

    [SparkFact]
    public async Task Score_VectorColumns_FillTheMatrix()
    {
        await using var session = await ConnectAsync();
        var model = SparkModel.FromAlias(_platform.Registry, Matrix);
        var options = new SparkScoreOptions { Keep = [], RoundToFloat32 = true };
        const string MlVector = "named_struct('type', 1Y, 'size', CAST(NULL AS int), 'indices', CAST(NULL AS array<int>), 'values', array(1.0D, 2.0D, 3.0D)) AS x";

        Assert.Equal([12.0], (await CollectedRows.OfAsync(session.Sql("SELECT array(1.0F, 2.0F, 3.0F) AS x").Score(model, options with { RoundToFloat32 = false }))).Double(0));
        Assert.Equal([12.0], (await CollectedRows.OfAsync(session.Sql("SELECT array(1.0D, 2.0D, 3.0D) AS x").Score(model, options))).Double(0));
        Assert.Equal([12.0], (await CollectedRows.OfAsync(session.Sql($"SELECT {MlVector}").Score(model, options))).Double(0));
    }

    [SparkFact]
    public async Task Score_VectorsOfTheirOwnType_FillTheMatrix()
    {
        // The type of a column of vectors as PySpark declares it.
        const string Schema =
            """
            {"type":"struct","fields":[{"name":"x","nullable":true,"metadata":{},"type":{"type":"udt","pyClass":"pyspark.ml.linalg.VectorUDT","serializedClass":"","sqlType":{"type":"struct","fields":[
              {"name":"type","type":"byte","nullable":false,"metadata":{}},
              {"name":"size","type":"integer","nullable":true,"metadata":{}},
              {"name":"indices","type":{"type":"array","elementType":"integer","containsNull":false},"nullable":true,"metadata":{}},
              {"name":"values","type":{"type":"array","elementType":"double","containsNull":false},"nullable":true,"metadata":{}}]}}}]}
            """;
        await File.WriteAllTextAsync(_folder.Combine("vectors.json"), """{"x":{"type":1,"values":[1.0,2.0,3.0]}}""");
        await using var session = await ConnectAsync();

        var vectors = session.Read.Schema(Schema).Json(_folder.Combine("vectors.json"));
        var type = await session.AnalyzeTypeAsync(await vectors.Plan.BuildAsync(CancellationToken.None), CancellationToken.None);
        var scores = await CollectedRows.OfAsync(vectors.Score(SparkModel.FromAlias(_platform.Registry, Matrix), new SparkScoreOptions { Keep = [], RoundToFloat32 = true }));

        Assert.Equal(DataType.KindOneofCase.Udt, Assert.Single(type.Struct.Fields).DataType.KindCase);
        Assert.Equal([12.0], scores.Double(0));
    }

    [SparkFact]
    public async Task Score_PackageOfAnotherHash_IsRefusedByTheWorker()
    {
        await using var session = await ConnectAsync();
        var package = await ExportLinearAsync();
        await _platform.Registry.ExportAsync(Matrix, 1, _folder.Combine("other.mlpkg"));

        var wrong = await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(Sample(session).Score(SparkModel.FromPackage(package, _folder.Combine("other.mlpkg")))));
        var missing = await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(Sample(session).Score(SparkModel.FromPackage(package, _folder.Combine("none.mlpkg")))));

        // Last, since a worker that has a model of this hash does not read it again.
        var right = await CollectedRows.OfAsync(Sample(session).Score(SparkModel.FromPackage(package, package), new() { Keep = ["id"] }).OrderBy("id"));

        Assert.Equal([12.0, -6.0, 0.0], right.Double(1));
        Assert.Contains("but found SHA-256", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("none.mlpkg", missing.Message, StringComparison.Ordinal);
    }

    [SparkFact(ShipsWorker = true)]
    public async Task Score_ByTheShippedWorker_NeedsNothingOnTheExecutors()
    {
        await using var session = _platform.Spark(await server.ConnectionAsync(), new SparkSessionOptions { WorkerArchivePath = ShippedWorker.Path });

        Assert.Equal([12.0, -6.0, 0.0], (await CollectedRows.OfAsync(Sample(session).Score(Linear, keep: "id").OrderBy("id"))).Double(1));
        Assert.Equal("mlp/mlp-spark-worker", await session.Settings.GetAsync("spark.sql.execution.pyspark.python"));
    }

    [SparkFact]
    public async Task Score_SharedFolder_HoldsThePackage()
    {
        var shared = Directory.CreateDirectory(_folder.Combine("shared")).FullName;
        await using var session = _platform.Spark(await server.ConnectionAsync(), new SparkSessionOptions { WorkerPath = SparkServer.Worker, SharedFolder = shared });

        Assert.Equal([12.0, -6.0, 0.0], (await CollectedRows.OfAsync(Sample(session).Score(Linear, keep: "id").OrderBy("id"))).Double(1));
        Assert.EndsWith(".mlpkg", Assert.Single(Directory.GetFiles(shared)), StringComparison.Ordinal);
    }

    /// <summary>Exports the model that doubles the sum of its features.</summary>
    protected async Task<string> ExportLinearAsync()
    {
        var package = _folder.Combine("linear.mlpkg");
        await _platform.Registry.ExportAsync(Linear, 1, package);
        return package;
    }

    private static SparkDataFrame Sample(SparkSession session) => session.Sql(
        "SELECT * FROM VALUES (1L, 1.0F, 2.0F, 3.0F, 'x'), (2L, -1.0F, -1.0F, -1.0F, 'y'), (3L, 0.0F, 0.0F, 0.0F, 'x') AS t(id, a, `b b`, c, text)");

    private async Task<SparkSession> ConnectAsync() => _platform.Spark(await server.ConnectionAsync(), new SparkSessionOptions { WorkerPath = SparkServer.Worker });

    private async Task<ModelManifest> PublishAsync(string name, ModelPackage package)
    {
        var manifest = await _platform.Registry.PublishAsync(name, package);
        await _platform.Registry.SetAliasAsync(name, "champion", manifest.Version, 0);
        return manifest;
    }
}
