using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Scoring;

[Collection(SparkCollections.Spark35)]
public sealed class Spark35RefusalTests(Spark35Server server) : SparkRefusalTests(server);
