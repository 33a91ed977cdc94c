using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Connect;

[Collection(SparkCollections.Spark35)]
public sealed class Spark35RestartTests() : SparkRestartTests("3.5.9");
