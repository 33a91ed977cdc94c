using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Scoring;

[Collection(SparkCollections.Spark35)]
public sealed class Spark35ScoreOnceTests(Spark35Server server) : SparkScoreOnceTests(server);
