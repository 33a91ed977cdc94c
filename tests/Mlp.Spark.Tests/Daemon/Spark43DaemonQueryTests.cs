using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Daemon;

[Collection(SparkCollections.Spark43)]
public sealed class Spark43DaemonQueryTests(Spark43Server server) : SparkDaemonQueryTests(server);
