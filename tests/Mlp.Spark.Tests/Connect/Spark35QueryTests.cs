using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Connect;

[Collection(SparkCollections.Spark35)]
public sealed class Spark35QueryTests(Spark35Server server) : SparkQueryTests(server);
