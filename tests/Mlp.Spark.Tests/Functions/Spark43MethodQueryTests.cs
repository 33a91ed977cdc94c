using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Functions;

[Collection(SparkCollections.Spark43)]
public sealed class Spark43MethodQueryTests(Spark43Server server) : SparkMethodQueryTests(server);
