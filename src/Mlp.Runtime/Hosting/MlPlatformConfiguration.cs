namespace Mlp.Runtime.Hosting;

/// <summary>The validated settings, copied once: what the running platform sees.</summary>
internal sealed record MlPlatformConfiguration(string DataDirectory, MlPlatformMode Mode, TimeSpan OwnerWait)
{
    /// <summary>Threads of the pool that all models share; null for none.</summary>
    public int? SharedThreadCount { get; init; }

    /// <summary>Whether they spin before they sleep.</summary>
    public bool SharedThreadsSpin { get; init; }

    public static MlPlatformConfiguration From(MlPlatformOptions options)
        => new(Path.GetFullPath(options.DataDirectory), options.Mode, options.OwnerWait)
        {
            SharedThreadCount = options.SharedThreadCount,
            SharedThreadsSpin = options.SharedThreadsSpin,
        };
}
