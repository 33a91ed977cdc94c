using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Connect;

[Collection(SparkCollections.Spark43)]
public sealed class Spark43WorkerPathTests(Spark43Server server) : SparkWorkerPathTests(server);
