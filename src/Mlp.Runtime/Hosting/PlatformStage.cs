namespace Mlp.Runtime.Hosting;

/// <summary>When a part of the platform opens; they close in reverse.</summary>
public enum PlatformStage
{
    /// <summary>The data directory and its lock.</summary>
    Storage = 0,

    /// <summary>The model registry.</summary>
    Registry = 10,

    /// <summary>The feature store.</summary>
    Features = 20,

    /// <summary>The prediction log and labels.</summary>
    Monitoring = 30,

    /// <summary>Models in service; the first to close, so that what they log is still written.</summary>
    Models = 40,
}
