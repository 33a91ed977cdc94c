namespace Mlp.Runtime.Data;

/// <summary>How a DuckDB database is limited.</summary>
/// <param name="MemoryLimitBytes">What it may take before it spills.</param>
/// <param name="Threads">Its threads.</param>
/// <param name="TemporaryDirectory">Where it spills to.</param>
internal sealed record DuckDbSettings(long MemoryLimitBytes, int Threads, string TemporaryDirectory)
{
    /// <summary>What it is used for, for messages.</summary>
    public string Work { get; init; } = "the ingest or join";

    /// <summary>The option that sets the limit, for messages.</summary>
    public string LimitOption { get; init; } = "FeatureStoreOptions.DuckDbMemoryLimitBytes";
}
