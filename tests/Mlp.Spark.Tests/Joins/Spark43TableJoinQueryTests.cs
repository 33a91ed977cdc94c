using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Joins;

[Collection(SparkCollections.Spark43)]
public sealed class Spark43TableJoinQueryTests(Spark43Server server) : SparkTableJoinQueryTests(server);
