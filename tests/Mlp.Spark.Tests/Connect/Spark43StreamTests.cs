using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Connect;

[Collection(SparkCollections.Spark43Unix)]
public sealed class Spark43StreamTests(Spark43UnixServer server) : SparkStreamTests(server);
