using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Joins;

[Collection(SparkCollections.Spark35)]
public sealed class Spark35OnDemandJoinQueryTests(Spark35Server server) : SparkOnDemandJoinQueryTests(server);
