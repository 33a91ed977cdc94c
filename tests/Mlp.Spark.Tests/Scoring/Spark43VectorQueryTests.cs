using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Spark.Connect;
using Mlp.Spark.Scoring;
using Mlp.Spark.Tests.Connect;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;
using static Mlp.Spark.Tests.Scoring.VectorFile;

namespace Mlp.Spark.Tests.Scoring;

/// <summary>A column of Spark's ml vectors, of the type that the JVM gives it, on a real server; the jars of 3.5.9 are without that type.</summary>
[Collection(SparkCollections.Spark43)]
public sealed class Spark43VectorQueryTests(Spark43Server server) : IAsyncLifetime, IDisposable
{
    private const string Matrix = "matrix";
    private const string Vector = "vector";

    /// <summary>Twice the sums of the first six of <see cref="Vectors"/>; NaN for a vector that is null or has another length.</summary>
    private static readonly double?[] Scores = [12, 12, double.NaN, double.NaN, double.NaN, 0];

    private static readonly string?[] Vectors =
        [Dense("1", "2", "3"), Sparse(3, [0, 2], "1", "5"), null, Dense("1", "2"), Sparse(4, [0], "1"), Sparse(3, [])];

    private readonly TempDirectory _folder = new();
    private MlPlatform _platform = null!;

    public static TheoryData<string, string> Columns => new() { { Matrix, Ml }, { Vector, Ml }, { Matrix, Mllib } };

    public async Task InitializeAsync()
    {
        _platform = MlPlatform.CreateBuilder().UseDataDirectory(_folder.Combine("data")).AddModel(Matrix).AddModel(Vector).Build();
        await _platform.StartAsync();
        await PublishAsync(Matrix, features: null);
        await PublishAsync(Vector, [new FeatureColumn("x", FeatureType.Float32) { Length = 3 }]);
    }

    public Task DisposeAsync() => _platform.DisposeAsync().AsTask();

    public void Dispose() => _folder.Dispose();

    [SparkTheory]
    [MemberData(nameof(Columns))]
    public async Task Score_ColumnOfVectors_IsScoredInEveryWay(string name, string type)
    {
        await using var session = await ConnectAsync();
        var vectors = await ReadAsync(session, type, Vectors);
        await vectors.CreateTemporaryViewAsync("vectors");
        var model = Model(name);
        var options = new SparkScoreOptions { RoundToFloat32 = true };
        await session.RegisterFunctionAsync("scored", model, options, takesVector: true);

        var declared = (await session.AnalyzeTypeAsync(await vectors.Plan.BuildAsync(CancellationToken.None), CancellationToken.None)).Struct.Fields[1].DataType;
        var table = await CollectedRows.OfAsync(vectors.Score(model, options with { Keep = ["id"] }).OrderBy("id"));
        var column = await CollectedRows.OfAsync(vectors.Select("id", session.ScoreColumn(model, options).As("s")).OrderBy("id"));
        var argument = await CollectedRows.OfAsync(vectors.Select("id", session.ScoreColumn(model, options, "x").As("s")).OrderBy("id"));
        var groups = await CollectedRows.OfAsync(vectors.SelectSql("id", "x", "id % 2 AS g").GroupBy("g").Score(model, options with { Keep = ["id"] }).OrderBy("id"));
        var function = await CollectedRows.OfAsync(session.Sql("SELECT id, scored(x) AS s FROM vectors ORDER BY id"));

        Assert.Equal(type, declared.Udt?.JvmClass);
        Assert.All([table, column, argument, groups, function], rows => Assert.Equal(Scores, rows.Double(1)));
    }

    [SparkFact]
    public async Task Score_VectorsThatAreKept_AreReadAgain()
    {
        await using var session = await ConnectAsync();
        var options = new SparkScoreOptions { RoundToFloat32 = true };
        var written = _folder.Combine("scored");

        await (await ReadAsync(session, Ml, Vectors)).Score(Model(Matrix), options).Write.ParquetAsync(written);
        var again = await CollectedRows.OfAsync(session.Read.Parquet(written).Score(Model(Matrix), options with { Keep = ["id", "score"], Prefix = "again_" }).OrderBy("id"));

        Assert.Equal(Scores, again.Double(1));
        Assert.Equal(Scores, again.Double(2));
    }

    [SparkFact]
    public async Task Score_VectorThatIsNullOrHasAWrongLength_FollowsThePolicy()
    {
        await using var session = await ConnectAsync();
        var vectors = await ReadAsync(session, Ml, Vectors);
        var wrong = await ReadAsync(session, Ml, Sparse(4, [0], "1"));
        var options = new SparkScoreOptions { Keep = ["id"], RoundToFloat32 = true };
        var zero = new NullOptions { Features = { ["x"] = new FeatureNullOptions { Policy = NullPolicy.Value, Value = "0" } } };
        var error = new NullOptions { Policy = NullPolicy.Error };

        var propagated = await CollectedRows.OfAsync(vectors.Score(Model(Vector), options with { PropagateNulls = true }).OrderBy("id"));
        var replaced = await CollectedRows.OfAsync(vectors.Score(Model(Vector), options with { Nulls = zero }).OrderBy("id"));
        var refused = await Assert.ThrowsAsync<SparkException>(() => CollectedRows.OfAsync(wrong.Score(Model(Vector), options with { Nulls = error })));
        var unrounded = await Assert.ThrowsAsync<ArgumentException>(() => vectors.Score(Model(Matrix)).CountAsync());

        Assert.Equal([12, 12, null, null, null, 0], propagated.Double(1));
        Assert.Equal([12, 12, 0, 0, 0, 0], replaced.Double(1));
        Assert.Contains("Expected vectors of 3 numbers", refused.Message, StringComparison.Ordinal);
        Assert.Contains("but found type ml vector", unrounded.Message, StringComparison.Ordinal);
    }

    private async Task<SparkDataFrame> ReadAsync(SparkSession session, string type, params string?[] vectors)
    {
        var path = _folder.Combine(FormattableString.Invariant($"{vectors.Length} {type}.parquet"));
        await WriteAsync(path, type, vectors);
        return session.Read.Parquet(path);
    }

    private SparkModel Model(string name) => SparkModel.FromAlias(_platform.Registry, name);

    private async Task<SparkSession> ConnectAsync() => _platform.Spark(await server.ConnectionAsync(), new SparkSessionOptions { WorkerPath = SparkServer.Worker });

    private async Task PublishAsync(string name, IReadOnlyList<FeatureColumn>? features)
    {
        var output = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" };
        var manifest = await _platform.Registry.PublishAsync(name, new ModelPackage { Onnx = OnnxBytes.Linear(inputs: 3, outputs: 1, weight: 2), Output = output, Features = features });
        await _platform.Registry.SetAliasAsync(name, "champion", manifest.Version, 0);
    }
}
