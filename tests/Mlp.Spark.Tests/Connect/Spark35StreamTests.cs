using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Connect;

[Collection(SparkCollections.Spark35Retrying)]
public sealed class Spark35StreamTests(Spark35RetryingServer server) : SparkStreamTests(server);
