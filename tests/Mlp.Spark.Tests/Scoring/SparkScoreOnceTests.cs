using System.Globalization;
using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Registry;
using Mlp.Runtime.Scoring;
using Mlp.Spark.Connect;
using Mlp.Spark.Functions;
using Mlp.Spark.Scoring;
using Mlp.Spark.Tests.Connect;
using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Scoring;

/// <summary>A scored table on a real server is columns that Spark computes: each row once, whatever stands behind them, and those alone that somebody reads.</summary>
public abstract class SparkScoreOnceTests(SparkServer server) : IAsyncLifetime, IDisposable
{
    private const string Counted = "counted";
    private const string Classes = "classes";
    private const int Rows = 1000;

    private readonly TempDirectory _folder = new();
    private MlPlatform _platform = null!;

    public async Task InitializeAsync()
    {
        _platform = MlPlatform.CreateBuilder().UseDataDirectory(_folder.Combine("data")).AddFeatures(CountedTrips.Add).AddModel(Counted, m => m.LoadOnFirstCall()).AddModel(Classes, m => m.LoadOnFirstCall()).Build();
        await _platform.StartAsync();
        var service = _platform.Features.Catalog.FindService(CountedTrips.Service)!.Description;
        var output = new ModelOutput { Task = ModelTask.MulticlassClassification, ScoreOutput = "score", ClassNames = ["low", "LOW"] };
        var onnx = OnnxBytes.Linear(inputs: 1, outputs: 2);
        await PublishAsync(Counted, new ModelPackage { Onnx = onnx, Output = output, Features = [.. service.Layout.Columns], FeatureService = service.Reference });
        await PublishAsync(Classes, new ModelPackage { Onnx = onnx, Output = output, Features = [new("a", FeatureType.Float32)] });
    }

    public Task DisposeAsync() => _platform.DisposeAsync().AsTask();

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [SparkFact]
    public async Task Score_WhateverStandsBehindIt_ComputesEachRowOnce()
    {
        await using var session = await ConnectAsync();
        var trips = session.Range(0, Rows, partitionCount: 4).SelectSql("id", $"id / {Rows}.0D AS distance", "id % 2 AS parity");
        var model = SparkModel.FromAlias(_platform.Registry, Counted);
        var one = trips.Score(model, new() { Keep = ["id", "parity"] });
        var three = trips.Score(model, new() { Keep = ["id", "distance"], IncludeClass = true, IncludeLabel = true });
        await one.CreateTemporaryViewAsync("scored");

        // Its method is in the worker from here on.
        await CollectedRows.OfAsync(one.Limit(1));

        (string Query, SparkDataFrame Table, int Nodes, int Rows)[] queries =
        [
            ("all", one, 1, Rows),
            ("filter of the score", one.Where("score >= 0.25 AND score < 0.5"), 1, Rows),
            ("filter of two answers", three.Where("score >= 0.25 AND predicted_class = 0"), 1, Rows),
            ("two answers, one of them twice", three.SelectSql("score + score AS twice", "predicted_label"), 1, Rows),
            ("columns of columns", three.SelectSql("score + 1 AS more", "predicted_class").SelectSql("more * more AS square", "predicted_class"), 1, Rows),
            ("an order, of which Spark takes a sample first", one.OrderBy("score"), 1, 2 * Rows),
            ("an order behind a shuffle, which is kept", one.Repartition(4).OrderBy("score"), 1, Rows),
            ("groups", session.Sql("SELECT parity, sum(score) AS total, max(score) FROM scored WHERE score >= 0 GROUP BY parity HAVING sum(score) > 0"), 1, Rows),
            ("SQL over a view", session.Sql("SELECT score, score * 2 FROM scored WHERE score > 0.5"), 1, Rows),
            ("union", one.Union(one).Where("score >= 0.5"), 2, 2 * Rows),
            ("two models", one.WithColumn("distance", SparkColumn.Sql("score")).Score(model, new() { Prefix = "again_" }).Where("again_score >= 0.5 AND score >= 0.5"), 2, 2 * Rows),
            ("filter of a kept column", one.Where("id < 100"), 1, Rows),
            ("a correlated subquery", session.Sql("SELECT id FROM scored s WHERE score >= (SELECT avg(score) FROM scored t WHERE t.parity = s.parity)"), 2, 2 * Rows),
            ("kept columns alone", one.Select("id", "parity"), 0, 0),
        ];
        var expected = queries.Select(q => $"{q.Query}: {q.Rows} rows by {q.Nodes} nodes");
        var found = new List<string>();
        foreach (var (query, table, _, _) in queries)
        {
            var nodes = (await table.ExplainAsync()).Split("ArrowEvalPython").Length - 1;
            var rows = await CountAsync(session, () => CollectedRows.OfAsync(table));
            found.Add($"{query}: {rows} rows by {nodes} nodes");
        }

        Assert.Equal(expected, found);
        Assert.Equal(Rows, await CountAsync(session, () => one.Where("score >= 0.5").Write.ParquetAsync(_folder.Combine("out"))));
        Assert.InRange(await CountAsync(session, () => CollectedRows.OfAsync(one.Limit(5))), 5, Rows);
        Assert.Equal(Rows / 2, await session.Read.Parquet(_folder.Combine("out")).CountAsync());
    }

    [SparkFact]
    public async Task Score_SeveralAnswers_AreColumnsBehindTheKeptOnes()
    {
        await using var session = await ConnectAsync();
        var table = session.Sql("SELECT * FROM VALUES (1L, 0.25F, INTERVAL '1' DAY), (2L, CAST(NULL AS float), NULL) AS t(_Answers, a, since)");
        var options = new SparkScoreOptions { IncludeClass = true, IncludeLabel = true, Probabilities = ClassProbabilities.Columns, PropagateNulls = true };
        var model = SparkModel.FromAlias(_platform.Registry, Classes);

        var scored = table.Score(model, options).OrderBy("_Answers");
        var rows = await CollectedRows.OfAsync(scored.Select("_Answers", "since", "score", "predicted_class", "predicted_label"));
        var lists = await CollectedRows.OfAsync(table.Score(model, options with { Keep = [], Probabilities = ClassProbabilities.List }).SelectSql("score", "probabilities[1] + 0.0D AS p").OrderBy("score"));
        var schema = await scored.GetSchemaAsync();

        Assert.Equal(
            ["_Answers int64", "a float", "since duration", "score double", "predicted_class int32", "probability_low double", "probability_LOW double", "predicted_label utf8"],
            schema.FieldsList.Select(f => $"{f.Name} {f.DataType.Name}"));
        Assert.Equal([1, 2], rows.Int64(0));
        Assert.Equal([0.25, null], rows.Double(2));
        Assert.Equal(["0", ""], rows.Batches.SelectMany(b => ((Int32Array)b.Column(3)).ToList(includeNulls: true)).Select(v => Convert.ToString(v, CultureInfo.InvariantCulture)));
        Assert.Equal(["low", null], rows.Batches.SelectMany(b => Enumerable.Range(0, b.Length).Select(i => ((StringArray)b.Column(4)).GetString(i))));
        Assert.Equal([null, 0.25], lists.Double(1));
    }

    [SparkFact]
    public async Task Score_EmptyTable_HasItsColumnsAndNoRows()
    {
        await using var session = await ConnectAsync();

        var empty = session.Sql("SELECT 1L AS id, 0.5F AS a").Where("id > 1").Score(Classes, keep: "id");
        var schema = await empty.GetSchemaAsync();

        Assert.DoesNotContain((await CollectedRows.OfAsync(empty)).Batches, b => b.Length > 0);
        Assert.Equal(["id", "score"], schema.FieldsList.Select(f => f.Name));
    }

    [SparkFact]
    public async Task Score_FilesOfManyTypes_KeepTheirColumns()
    {
        const string Types =
            """
            SELECT 0.25F AS a, 1Y AS tiny, 2S AS small, 1.5BD AS exact, true AS truth, 'text' AS text, X'01' AS bytes, DATE'2026-01-02' AS day, TIMESTAMP'2026-01-02 03:04:05' AS time, TIMESTAMP_NTZ'2026-01-02 03:04:05' AS clock,
            INTERVAL '1' DAY AS days, INTERVAL '2' MONTH AS months, array('p', NULL) AS list, map('k', array(1.0D)) AS map, named_struct('x', 1, 'y', CAST(NULL AS string)) AS record
            """;
        await using var session = await ConnectAsync();
        await session.Sql(Types).Write.ParquetAsync(_folder.Combine("types"));

        var scored = session.Read.Parquet(_folder.Combine("types")).Score(Classes);
        await scored.CreateTemporaryViewAsync("scored_types");
        var same = await CollectedRows.OfAsync(session.Sql($"SELECT score FROM (SELECT score, to_json(struct(*)) AS found FROM scored_types) WHERE found = (SELECT to_json(struct(t.*, 0.25D AS score)) FROM ({Types}) t)"));

        Assert.Equal([0.25], same.Double(0));
    }

    [SparkFact]
    public async Task Score_FilesWithVectorsWithinColumns_KeepThem()
    {
        const string Vector =
            """
            {"type":"udt","pyClass":"pyspark.ml.linalg.VectorUDT","serializedClass":"","sqlType":{"type":"struct","fields":[
              {"name":"type","type":"byte","nullable":false,"metadata":{}},
              {"name":"size","type":"integer","nullable":true,"metadata":{}},
              {"name":"indices","type":{"type":"array","elementType":"integer","containsNull":false},"nullable":true,"metadata":{}},
              {"name":"values","type":{"type":"array","elementType":"double","containsNull":false},"nullable":true,"metadata":{}}]}}
            """;
        const string Schema = $$$"""
            {"type":"struct","fields":[{"name":"a","nullable":true,"metadata":{},"type":"float"},{"name":"within","nullable":true,"metadata":{},"type":{"type":"struct","fields":[{"name":"v","nullable":true,"metadata":{},"type":{{{Vector}}}}]}},
              {"name":"list","nullable":true,"metadata":{},"type":{"type":"array","containsNull":true,"elementType":{{{Vector}}}}}]}
            """;
        await File.WriteAllTextAsync(_folder.Combine("vectors.json"), """{"a":0.25,"within":{"v":{"type":1,"values":[1.0,2.0]}},"list":[{"type":1,"values":[3.0]}]}""");
        await using var session = await ConnectAsync();
        await session.Read.Schema(Schema).Json(_folder.Combine("vectors.json")).Write.ParquetAsync(_folder.Combine("vectors"));

        var rows = await CollectedRows.OfAsync(session.Read.Parquet(_folder.Combine("vectors")).Score(Classes));

        Assert.Equal(["a", "within", "list", "score"], rows.Names);
        Assert.Equal([0.25], rows.Double(3));
    }

    /// <summary>How many rows the worker computes for a query.</summary>
    private static async Task<long> CountAsync(SparkSession session, Func<Task> query)
    {
        var before = await ReadAsync();
        await query();
        return await ReadAsync() - before;

        async Task<long> ReadAsync()
        {
            var count = session.MethodColumn(SparkMethod.Of(CountedTrips.Count), "bigint", "id");
            return (await CollectedRows.OfAsync(session.Range(0, 1).Select(count.As("count")))).Int64(0).Single()!.Value;
        }
    }

    private async Task<SparkSession> ConnectAsync() => _platform.Spark(await server.ConnectionAsync(), new SparkSessionOptions { WorkerPath = SparkServer.Worker });

    private async Task PublishAsync(string name, ModelPackage package)
    {
        var manifest = await _platform.Registry.PublishAsync(name, package);
        await _platform.Registry.SetAliasAsync(name, "champion", manifest.Version, 0);
    }
}
