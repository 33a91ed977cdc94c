using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Scoring;

[Collection(SparkCollections.Spark43)]
public sealed class Spark43VectorQueryTests(Spark43Server server) : SparkVectorQueryTests(server);
