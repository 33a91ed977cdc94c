using Mlp.Spark.Tests.Servers;
using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Scoring;

[Collection(SparkCollections.Spark43)]
public sealed class Spark43ScoreQueryTests(Spark43Server server) : SparkScoreQueryTests(server)
{
    [SparkFact(RunsPySpark = true)]
    public async Task Helper_OfPySpark_ScoresByTheWorker()
    {
        const string Script =
            """
            import os, sys
            sys.path.insert(0, os.environ["HELPER"])
            from pyspark.sql import SparkSession
            from pyspark_mlp import map_score, model_file, score, use_worker

            spark = SparkSession.builder.remote(os.environ["CONNECTION"]).getOrCreate()
            use_worker(spark, os.environ["WORKER"])
            model = model_file(os.environ["PACKAGE"])
            table = spark.sql("SELECT * FROM VALUES (1L, 1.0F, 2.0F, 3.0F), (2L, -1.0F, -1.0F, -1.0F) AS t(id, a, `b b`, c)")
            rows = table.withColumn("s", score(model, "a", "`b b`", "c")).orderBy("id").collect()
            mapped = map_score(table, model, ["id"], ["a", "b b", "c"]).orderBy("id").collect()
            print("scores", [r.s for r in rows], [(r.id, r.score) for r in mapped])
            """;
        var package = await ExportLinearAsync();
        var script = Path.ChangeExtension(package, ".py");
        await File.WriteAllTextAsync(script, Script);
        var variables = new Dictionary<string, string?>
        {
            ["PYTHONPATH"] = Path.Combine(PySpark.Folder!, "python"),
            ["HELPER"] = Path.Combine(Repository.Root, "docs"),
            ["CONNECTION"] = await Server.ConnectionAsync(),
            ["WORKER"] = SparkServer.Worker,
            ["PACKAGE"] = package,
        };

        var result = await CommandLine.RunAsync(Path.GetTempPath(), variables, Path.Combine(PySpark.Folder!, "bin", "python"), script);

        Assert.Contains("scores [12.0, -6.0] [(1, 12.0), (2, -6.0)]", result.Output, StringComparison.Ordinal);
    }
}
