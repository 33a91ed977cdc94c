using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.OnDemand;

[Collection(SparkCollections.Spark35)]
public sealed class Spark35OnDemandQueryTests(Spark35Server server) : SparkOnDemandQueryTests(server);
