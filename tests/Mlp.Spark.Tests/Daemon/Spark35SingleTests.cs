using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Daemon;

[Collection(SparkCollections.Spark35Single)]
public sealed class Spark35SingleTests(Spark35SingleServer server) : SparkSingleTests(server);
