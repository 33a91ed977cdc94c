using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Joins;

[Collection(SparkCollections.Spark35)]
public sealed class Spark35JoinQueryTests(Spark35Server server) : SparkJoinQueryTests(server);
