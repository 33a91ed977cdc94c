using Mlp.Spark.Tests.Servers;
using Xunit.Abstractions;

namespace Mlp.Spark.Tests.Scoring;

[Collection(SparkCollections.Spark43)]
public sealed class Spark43PeerScoreTests(Spark43Server server, ITestOutputHelper output) : SparkPeerScoreTests(server, output);
