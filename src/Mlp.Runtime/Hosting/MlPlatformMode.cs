namespace Mlp.Runtime.Hosting;

/// <summary>How a process uses the data directory.</summary>
public enum MlPlatformMode
{
    /// <summary>The one process that writes the online store and the prediction log; it holds the owner lock.</summary>
    Owner,

    /// <summary>Opens registry, offline store, sealed log segments and labels without the lock.</summary>
    Reader,
}
