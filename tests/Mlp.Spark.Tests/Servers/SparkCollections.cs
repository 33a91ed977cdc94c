namespace Mlp.Spark.Tests.Servers;

/// <summary>Tests on one server after the other: each takes 1.5 GB.</summary>
public static class SparkCollections
{
    public const string Spark43 = "Spark 4.3";
    public const string Spark35 = "Spark 3.5";

    public const string Spark43Unix = "Spark 4.3, Unix sockets";
    public const string Spark35Retrying = "Spark 3.5, tasks retried";
    public const string Spark43Single = "Spark 4.3, a process for each task";
    public const string Spark43SingleUnix = "Spark 4.3, a process for each task by a Unix socket";
    public const string Spark35Single = "Spark 3.5, a process for each task";

    [CollectionDefinition(Spark43, DisableParallelization = true)]
    public sealed class OneSpark43 : ICollectionFixture<Spark43Server>;

    [CollectionDefinition(Spark35, DisableParallelization = true)]
    public sealed class OneSpark35 : ICollectionFixture<Spark35Server>;

    [CollectionDefinition(Spark43Unix, DisableParallelization = true)]
    public sealed class OneSpark43Unix : ICollectionFixture<Spark43UnixServer>;

    [CollectionDefinition(Spark35Retrying, DisableParallelization = true)]
    public sealed class OneSpark35Retrying : ICollectionFixture<Spark35RetryingServer>;

    [CollectionDefinition(Spark43Single, DisableParallelization = true)]
    public sealed class OneSpark43Single : ICollectionFixture<Spark43SingleServer>;

    [CollectionDefinition(Spark43SingleUnix, DisableParallelization = true)]
    public sealed class OneSpark43SingleUnix : ICollectionFixture<Spark43SingleUnixServer>;

    [CollectionDefinition(Spark35Single, DisableParallelization = true)]
    public sealed class OneSpark35Single : ICollectionFixture<Spark35SingleServer>;
}
