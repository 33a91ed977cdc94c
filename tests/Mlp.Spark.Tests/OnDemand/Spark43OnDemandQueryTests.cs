using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.OnDemand;

[Collection(SparkCollections.Spark43)]
public sealed class Spark43OnDemandQueryTests(Spark43Server server) : SparkOnDemandQueryTests(server);
