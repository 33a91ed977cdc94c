using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Batching;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Models;
using Mlp.Runtime.Routing;
using Mlp.Runtime.Versions;

namespace Mlp.Runtime.Inference;

/// <summary>The validated settings of one model. Immutable.</summary>
/// <param name="Name">Model name.</param>
/// <param name="Alias">The alias to follow; null for a fixed version, and for the latest one.</param>
/// <param name="Version">The fixed version; null with an alias, and for the latest one.</param>
/// <param name="FeatureService">The feature service to read from; null for the one of the manifest.</param>
/// <param name="PoolSize">Calls at once.</param>
/// <param name="Accelerator">Where to run.</param>
/// <param name="AliasPollInterval">How often to ask the registry.</param>
/// <param name="MaximumQueueLength">Calls that may wait; null for any number.</param>
internal sealed record ModelSettings(
    string Name, string? Alias, int? Version, string? FeatureService, int PoolSize, Accelerator Accelerator, TimeSpan AliasPollInterval, int? MaximumQueueLength = null)
{
    /// <summary>Which GPU, and how.</summary>
    public AcceleratorSettings AcceleratorSettings { get; init; } = AcceleratorSettings.Default;

    /// <summary>Where the weights lie.</summary>
    public WeightStorage Weights { get; init; }

    /// <summary>Whether a kernel may serve.</summary>
    public KernelUse Kernels { get; init; }

    /// <summary>Where the weights of versions lie that are in memory but serve nothing.</summary>
    public WeightStorage IdleWeights { get; init; }

    /// <summary>How long a model goes without a call before automatic weights are mapped again.</summary>
    public TimeSpan MapWeightsAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>When it is loaded.</summary>
    public ModelLoading Loading { get; init; }

    /// <summary>How calls share runs; null where they do not.</summary>
    public BatchingSettings? Batching { get; init; }

    /// <summary>What features do that have no value.</summary>
    public NullSettings Nulls { get; init; } = NullSettings.Default;

    /// <summary>How calls are shared out where the registry holds no route.</summary>
    public ModelRoute Route { get; init; } = ModelRoute.ChampionOnly;

    /// <summary>Calls that may wait for each shadow.</summary>
    public int ShadowQueueLength { get; init; } = 512;

    /// <summary>Versions in memory at once: those in a role, and others while there is room.</summary>
    public int MaximumLoadedVersions { get; init; } = 2;

    /// <summary>Which version calls get.</summary>
    public VersionSelector Selector => Alias is not null ? VersionSelector.FromAlias(Alias) : Version is { } version ? VersionSelector.FromVersion(version) : VersionSelector.Latest;

    /// <summary>The role that observers see.</summary>
    public string Variant => Selector.Variant;

    /// <summary>Copies options that have been validated.</summary>
    /// <param name="name">Model name.</param>
    /// <param name="options">The options.</param>
    /// <param name="section">What the options are called in the configuration, where that is a pattern; null for the name.</param>
    public static ModelSettings From(string name, ModelOptions options, string? section = null)
        => new(
            name,
            options.Version is null && !options.Latest ? options.Alias : null,
            options.Version,
            options.FeatureService,
            options.PoolSize,
            options.Accelerator,
            options.AliasPollInterval,
            options.MaximumQueueLength)
        {
            Nulls = NullSettings.From(options.Nulls, $"{ModelOptions.SectionName}:{section ?? name}:{nameof(ModelOptions.Nulls)}"),
            Weights = options.Weights,
            Route = options.Route.ToRoute(),
            ShadowQueueLength = options.Route.ShadowQueueLength,
            Kernels = options.Kernels,
            IdleWeights = options.IdleWeights ?? (options.Weights == WeightStorage.Resident ? WeightStorage.Resident : WeightStorage.Mapped),
            MapWeightsAfter = options.MapWeightsAfter,
            Loading = options.Loading,
            MaximumLoadedVersions = options.MaximumLoadedVersions,
            AcceleratorSettings = AcceleratorSettings.From(options.AcceleratorOptions),
            Batching = BatchingSettings.From(options),
        };
}
