using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Daemon;

[Collection(SparkCollections.Spark35)]
public sealed class Spark35DaemonQueryTests(Spark35Server server) : SparkDaemonQueryTests(server);
