using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Connect;

[Collection(SparkCollections.Spark35)]
public sealed class Spark35WorkerPathTests(Spark35Server server) : SparkWorkerPathTests(server);
