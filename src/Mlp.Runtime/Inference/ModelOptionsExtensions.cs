using System.Runtime.CompilerServices;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Kernels;
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
        options.Latest = false;
        return options;
    }

    /// <summary>Serves the newest published version, and follows when a newer one is published.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The same options.</returns>
    public static ModelOptions FromLatest(this ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Alias = null;
        options.Version = null;
        options.Latest = true;
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
        options.Latest = false;
        return options;
    }

    /// <summary>Loads the model when it is first called, and lets it go when others need the room.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The same options.</returns>
    public static ModelOptions LoadOnFirstCall(this ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Loading = ModelLoading.OnFirstCall;
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
    /// <param name="configure">Says which GPU, and how; null for the first one.</param>
    /// <returns>The same options.</returns>
    public static ModelOptions OnAccelerator(this ModelOptions options, Accelerator accelerator, Action<AcceleratorOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Accelerator = accelerator;
        configure?.Invoke(options.AcceleratorOptions);
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

    /// <summary>Maps the weights while the model is rarely called, and makes them resident while it is called often enough.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The same options.</returns>
    public static ModelOptions WithAutomaticWeights(this ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Weights = WeightStorage.Automatic;
        return options;
    }

    /// <summary>Lets ONNX Runtime serve everything.</summary>
    /// <param name="options">The options.</param>
    /// <returns>The same options.</returns>
    public static ModelOptions WithoutKernels(this ModelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Kernels = KernelUse.Off;
        return options;
    }

    /// <summary>Says what a feature does that has no value.</summary>
    /// <param name="options">The options.</param>
    /// <param name="feature">Feature name.</param>
    /// <param name="policy">What it does: <see cref="NullPolicy.Automatic"/>, <see cref="NullPolicy.Error"/> or, for a float, <see cref="NullPolicy.NaN"/>.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The name is blank, or the policy needs a value.</exception>
    public static ModelOptions OnNull(this ModelOptions options, string feature, NullPolicy policy)
        => policy == NullPolicy.Value
            ? throw new ArgumentException("Expected a value to stand for null, but found the policy alone; pass the value.", nameof(policy))
            : OnNull(options, feature, policy, null);

    /// <summary>Says what the features do that have no value and no policy of their own.</summary>
    /// <param name="options">The options.</param>
    /// <param name="policy">What they do; NaN concerns floats only.</param>
    /// <returns>The same options.</returns>
    public static ModelOptions OnNull(this ModelOptions options, NullPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Nulls.Policy = policy;
        return options;
    }

    /// <summary>Says which number a feature is that has no value.</summary>
    /// <param name="options">The options.</param>
    /// <param name="feature">Feature name.</param>
    /// <param name="value">The number; a whole one for an int64 feature.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The name is blank.</exception>
    [OverloadResolutionPriority(1)]
    public static ModelOptions OnNull(this ModelOptions options, string feature, double value)
        => OnNull(options, feature, NullPolicy.Value, value.ToString("R", System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Says which whole number a feature is that has no value.</summary>
    /// <param name="options">The options.</param>
    /// <param name="feature">Feature name.</param>
    /// <param name="value">The number.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The name is blank.</exception>
    [OverloadResolutionPriority(1)]
    public static ModelOptions OnNull(this ModelOptions options, string feature, long value)
        // A literal 0 could be a policy too; the priorities make it a value.
        => OnNull(options, feature, NullPolicy.Value, value.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Says which truth value a feature is that has none.</summary>
    /// <param name="options">The options.</param>
    /// <param name="feature">Feature name.</param>
    /// <param name="value">The truth value.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The name is blank.</exception>
    [OverloadResolutionPriority(1)]
    public static ModelOptions OnNull(this ModelOptions options, string feature, bool value)
        => OnNull(options, feature, NullPolicy.Value, value ? bool.TrueString : bool.FalseString);

    /// <summary>Says which text a feature is that has no value.</summary>
    /// <param name="options">The options.</param>
    /// <param name="feature">Feature name.</param>
    /// <param name="value">The text.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The name is blank.</exception>
    [OverloadResolutionPriority(1)]
    public static ModelOptions OnNull(this ModelOptions options, string feature, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return OnNull(options, feature, NullPolicy.Value, value);
    }

    private static ModelOptions OnNull(ModelOptions options, string feature, NullPolicy policy, string? value)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(feature);
        options.Nulls.Features[feature] = new FeatureNullOptions { Policy = policy, Value = value };
        return options;
    }
}
