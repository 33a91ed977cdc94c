namespace Mlp.Runtime.Hosting;

/// <summary>The validated settings, copied once: what the running platform sees.</summary>
internal sealed record MlPlatformConfiguration(string DataDirectory, MlPlatformMode Mode, TimeSpan OwnerWait)
{
    public static MlPlatformConfiguration From(MlPlatformOptions options) => new(Path.GetFullPath(options.DataDirectory), options.Mode, options.OwnerWait);
}
