using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Scoring;

[Collection(SparkCollections.Spark35)]
public sealed class Spark35VectorQueryTests(Spark35Server server) : SparkVectorQueryTests(server);
