using Mlp.Spark.Tests.Servers;

namespace Mlp.Spark.Tests.Functions;

[Collection(SparkCollections.Spark35)]
public sealed class Spark35RecordedCaseTests(Spark35Server server) : SparkRecordedCaseTests(server);
