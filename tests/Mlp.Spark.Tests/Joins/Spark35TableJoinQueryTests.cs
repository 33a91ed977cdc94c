using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Joins;

[Collection(SparkCollections.Spark35)]
public sealed class Spark35TableJoinQueryTests(Spark35Server server) : SparkTableJoinQueryTests(server);
