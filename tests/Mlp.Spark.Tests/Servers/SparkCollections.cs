namespace Mlp.Spark.Tests.Servers;

/// <summary>Tests on one server after the other: each takes 1.5 GB.</summary>
public static class SparkCollections
{
    public const string Spark43 = "Spark 4.3";
    public const string Spark35 = "Spark 3.5";

    [CollectionDefinition(Spark43, DisableParallelization = true)]
    public sealed class OneSpark43 : ICollectionFixture<Spark43Server>;

    [CollectionDefinition(Spark35, DisableParallelization = true)]
    public sealed class OneSpark35 : ICollectionFixture<Spark35Server>;
}
