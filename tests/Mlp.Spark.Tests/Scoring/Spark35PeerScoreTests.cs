using Mlp.Spark.Tests.Servers;
using Xunit.Abstractions;

namespace Mlp.Spark.Tests.Scoring;

[Collection(SparkCollections.Spark35)]
public sealed class Spark35PeerScoreTests(Spark35Server server, ITestOutputHelper output) : SparkPeerScoreTests(server, output);
