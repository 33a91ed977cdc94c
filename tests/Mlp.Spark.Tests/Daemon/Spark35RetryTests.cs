using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Daemon;

[Collection(SparkCollections.Spark35Retrying)]
public sealed class Spark35RetryTests(Spark35RetryingServer server) : SparkRetryTests(server);
