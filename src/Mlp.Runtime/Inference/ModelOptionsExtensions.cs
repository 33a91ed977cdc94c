using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>The settings of a model as a sentence.</summary>
public static class ModelOptionsExtensions
{
    /// <summary>Serves the version that an alias points at, and follows it when it moves.</summary>
    /// <param name="options">The options.</param>
    /// <param name="alias">Alias, for example <c>champion</c>.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The alias is blank.</exception>
    public static ModelOptions FromAlias(this ModelOptions options, string alias)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(alias);
        options.Alias = alias;
        options.Version = null;
        return options;
    }

    /// <summary>Serves one version for good.</summary>
    /// <param name="options">The options.</param>
    /// <param name="version">Version from 1.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The version is less than 1.</exception>
    public static ModelOptions FromVersion(this ModelOptions options, int version)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        options.Alias = null;
        options.Version = version;
        return options;
    }

    /// <summary>Reads features from a service. Loading a version that was trained on another one fails.</summary>
    /// <param name="options">The options.</param>
    /// <param name="featureService">Service name.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The name is blank.</exception>
    public static ModelOptions WithFeatures(this ModelOptions options, string featureService)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(featureService);
        options.FeatureService = featureService;
        return options;
    }

    /// <summary>Chooses where the model runs.</summary>
    /// <param name="options">The options.</param>
    /// <param name="accelerator">Where.</param>
    /// <returns>The same options.</returns>
    public static ModelOptions OnAccelerator(this ModelOptions options, Accelerator accelerator)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Accelerator = accelerator;
        return options;
    }

    /// <summary>Leaves the weights in their file, mapped into memory.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The same options.</returns>
    public static ModelOptions WithMappedWeights(this ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Weights = WeightStorage.Mapped;
        return options;
    }
}
