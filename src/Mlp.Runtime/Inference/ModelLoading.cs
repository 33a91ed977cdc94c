namespace Mlp.Runtime.Inference;

/// <summary>When a model is loaded.</summary>
public enum ModelLoading
{
    /// <summary>When the platform starts, and it stays in service.</summary>
    AtStart,

    /// <summary>
    /// When it is first called: that call waits for it. It stays in memory until others need the room (<see cref="Hosting.MlPlatformOptions.MaximumLoadedModels"/>), and the next call loads it again.
    /// </summary>
    OnFirstCall,
}
