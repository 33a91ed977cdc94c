using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Scoring;

[Collection(SparkCollections.Spark35)]
public sealed class Spark35ScoreQueryTests(Spark35Server server) : SparkScoreQueryTests(server);
