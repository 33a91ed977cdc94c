using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Daemon;

[Collection(SparkCollections.Spark43Single)]
public sealed class Spark43SingleTests(Spark43SingleServer server) : SparkSingleTests(server);
