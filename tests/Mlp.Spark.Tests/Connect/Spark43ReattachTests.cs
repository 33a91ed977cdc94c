using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Connect;

[Collection(SparkCollections.Spark43)]
public sealed class Spark43ReattachTests(Spark43Server server) : SparkReattachTests(server);
