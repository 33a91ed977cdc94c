namespace Mlp.Runtime.Data;

/// <summary>Where inference gets features from. Runtime asks, the feature store answers. Thread-safe.</summary>
public interface IFeatureSource
{
    /// <summary>Opens a feature service for reading.</summary>
    /// <param name="name">Service name.</param>
    /// <param name="version">Version, or null for the highest one.</param>
    /// <returns>The reader, or null if there is no such service.</returns>
    /// <exception cref="MlPlatformException">There is one, but it does not compute what it did under this version.</exception>
    IFeatureServiceReader? FindService(string name, int? version = null);
}
