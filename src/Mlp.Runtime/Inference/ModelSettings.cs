using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>The validated settings of one model. Immutable.</summary>
/// <param name="Name">Model name.</param>
/// <param name="Alias">The alias to follow; null for a fixed version.</param>
/// <param name="Version">The fixed version; null with an alias.</param>
/// <param name="FeatureService">The feature service to read from; null for the one of the manifest.</param>
/// <param name="PoolSize">Calls at once.</param>
/// <param name="Accelerator">Where to run.</param>
/// <param name="AliasPollInterval">How often to ask the registry.</param>
/// <param name="MaximumQueueLength">Calls that may wait; null for any number.</param>
internal sealed record ModelSettings(
    string Name, string? Alias, int? Version, string? FeatureService, int PoolSize, Accelerator Accelerator, TimeSpan AliasPollInterval, int? MaximumQueueLength = null)
{
    /// <summary>Where the weights lie.</summary>
    public WeightStorage Weights { get; init; }

    /// <summary>Whether a kernel may serve.</summary>
    public KernelUse Kernels { get; init; }

    /// <summary>What features do that have no value.</summary>
    public NullSettings Nulls { get; init; } = NullSettings.Default;

    /// <summary>The role that observers see.</summary>
    public string Variant => Alias ?? FormattableString.Invariant($"v{Version}");

    /// <summary>What is served, as part of a sentence.</summary>
    public string Target => Alias is not null ? $"alias '{Alias}'" : FormattableString.Invariant($"version {Version}");

    /// <summary>Copies options that have been validated.</summary>
    /// <param name="name">Model name.</param>
    /// <param name="options">The options.</param>
    public static ModelSettings From(string name, ModelOptions options)
        => new(
            name,
            options.Version is null ? options.Alias : null,
            options.Version,
            options.FeatureService,
            options.PoolSize,
            options.Accelerator,
            options.AliasPollInterval,
            options.MaximumQueueLength)
        {
            Nulls = NullSettings.From(options.Nulls),
            Weights = options.Weights,
            Kernels = options.Kernels,
        };
}
