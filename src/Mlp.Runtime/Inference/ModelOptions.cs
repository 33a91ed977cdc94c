using System.ComponentModel.DataAnnotations;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Batching;
using Mlp.Runtime.Data;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Models;
using Mlp.Runtime.Routing;

namespace Mlp.Runtime.Inference;

/// <summary>Settings of one model in service, bound from the configuration section <c>MlPlatform:Models:name</c> and validated at start.</summary>
public sealed class ModelOptions : IValidatableObject
{
    /// <summary>The configuration section that holds one section per model.</summary>
    public const string SectionName = "MlPlatform:Models";

    /// <summary>The alias that says which version to serve; null when <see cref="Version"/> or <see cref="Latest"/> does.</summary>
    /// <value>The default value is <c>champion</c>.</value>
    public string? Alias { get; set; } = "champion";

    /// <summary>Whether the newest published version is served, and followed. It wins over an alias.</summary>
    /// <value>The default value is false.</value>
    public bool Latest { get; set; }

    /// <summary>The version to serve, from 1; null when another setting says it. A fixed version wins over an alias and over the latest one.</summary>
    /// <value>The default value is null.</value>
    [Range(1, int.MaxValue)]
    public int? Version { get; set; }

    /// <summary>The feature service to read from; null for the one that the model was trained on.</summary>
    /// <value>The default value is null.</value>
    public string? FeatureService { get; set; }

    /// <summary>Calls that may run at once, 1 to 4096; further ones wait in order. Each runs on its caller's thread, so more than there are processors take turns on these.</summary>
    /// <value>The default value is the number of processors. A model whose features are often read from disk may take more: a call keeps its slot while it reads.</value>
    [Range(1, 4096)]
    public int PoolSize { get; set; } = Environment.ProcessorCount;

    /// <summary>Calls that may wait for one of the slots, from 0; beyond it a call fails at once with <see cref="ModelOverloadedException"/>. Null for any number.</summary>
    /// <value>The default value is null.</value>
    [Range(0, int.MaxValue)]
    public int? MaximumQueueLength { get; set; }

    /// <summary>When the model is loaded.</summary>
    /// <value>The default value is <see cref="ModelLoading.AtStart"/>.</value>
    [EnumDataType(typeof(ModelLoading))]
    public ModelLoading Loading { get; set; } = ModelLoading.AtStart;

    /// <summary>
    /// Versions of the model in memory at once, 1 to 1000. Those that calls are made on are always there, also beyond this number; others stay while there is room, the most recently used
    /// ones, so that going back to one is no load. While a version is being loaded there is one more.
    /// </summary>
    /// <value>The default value is 2: the version in service and the one before.</value>
    [Range(1, 1000)]
    public int MaximumLoadedVersions { get; set; } = 2;

    /// <summary>Where the model runs.</summary>
    /// <value>The default value is <see cref="Accelerator.Cpu"/>.</value>
    [EnumDataType(typeof(Accelerator))]
    public Accelerator Accelerator { get; set; } = Accelerator.Cpu;

    /// <summary>Which GPU the model runs on, and how; not for <see cref="Accelerator.Cpu"/>.</summary>
    public AcceleratorOptions AcceleratorOptions { get; } = new();

    /// <summary>Where the weights lie: in memory, or in a file that is mapped, for versions that are rarely called and for many that share one file.</summary>
    /// <value>The default value is <see cref="WeightStorage.Resident"/>.</value>
    [EnumDataType(typeof(WeightStorage))]
    public WeightStorage Weights { get; set; } = WeightStorage.Resident;

    /// <summary>Whether a managed kernel may stand in for ONNX Runtime where it agrees with it and measured faster.</summary>
    /// <value>The default value is <see cref="KernelUse.Auto"/>.</value>
    [EnumDataType(typeof(KernelUse))]
    public KernelUse Kernels { get; set; } = KernelUse.Auto;

    /// <summary>
    /// Where the weights of versions lie that are in memory but serve nothing, as the one before does: <see cref="WeightStorage.Resident"/>, so that going back to one is complete at once;
    /// <see cref="WeightStorage.Mapped"/>, which saves the memory: going back is as quick, and the weights become resident afterwards, beside the calls. Null for what <see cref="Weights"/> says.
    /// </summary>
    /// <value>The default value is null.</value>
    public WeightStorage? IdleWeights { get; set; }

    /// <summary>With <see cref="WeightStorage.Automatic"/>, how long a model goes without a call before its weights are mapped again, 1 second to 1 day.</summary>
    /// <value>The default value is 5 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ParseLimitsInInvariantCulture = true, ConvertValueInInvariantCulture = true)]
    public TimeSpan MapWeightsAfter { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How often the registry is asked where the alias points, or which version is the latest, 10 milliseconds to 1 day. That finds what other processes do; what this process does through
    /// <see cref="Registry.IModelRegistry"/> is followed at once.
    /// </summary>
    /// <value>The default value is 500 milliseconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00", ParseLimitsInInvariantCulture = true, ConvertValueInInvariantCulture = true)]
    public TimeSpan AliasPollInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How calls are shared out between versions where the registry holds no route of the model.</summary>
    public RouteOptions Route { get; } = new();

    /// <summary>Whether calls of one row that come at the same time share a run, and how.</summary>
    public DynamicBatchingOptions Batching { get; } = new();

    /// <summary>What features do that have no value.</summary>
    public NullOptions Nulls { get; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Version is null && !Latest && string.IsNullOrWhiteSpace(Alias))
        {
            yield return new ValidationResult(
                $"{nameof(Alias)} must name an alias where neither {nameof(Version)} nor {nameof(Latest)} says which version to serve, but is empty.", [nameof(Alias), nameof(Version), nameof(Latest)]);
        }

        if (Version is null && !Latest && !string.IsNullOrWhiteSpace(Alias) && PlatformName.FindSettingProblem(Alias, nameof(Alias)) is { } noAlias)
        {
            yield return new ValidationResult(noAlias, [nameof(Alias)]);
        }

        foreach (var problem in Route.FindProblems())
        {
            yield return new ValidationResult($"{nameof(Route)}:{problem}", [nameof(Route)]);
        }

        if (Loading != ModelLoading.AtStart && Route.Challengers.Count + Route.Shadows.Count > 0)
        {
            yield return new ValidationResult(
                $"Expected a model with challengers or shadows to be loaded {nameof(ModelLoading.AtStart)}, but found {Loading}.", [nameof(Loading), nameof(Route)]);
        }

        if (Version is null && Alias is { } champion && Route.Challengers.ContainsKey(champion))
        {
            yield return new ValidationResult($"Expected challengers with other names than the champion, but found '{champion}'.", [nameof(Route)]);
        }

        if (IdleWeights is not (null or WeightStorage.Resident or WeightStorage.Mapped))
        {
            yield return new ValidationResult($"{nameof(IdleWeights)} must be Resident or Mapped or empty, but is {IdleWeights}.", [nameof(IdleWeights)]);
        }

        if (Nulls.Policy == NullPolicy.Value)
        {
            yield return new ValidationResult(
                $"{nameof(Nulls)}:{nameof(NullOptions.Policy)} must be Automatic or Error or NaN, but is Value: a value belongs to a feature.", [nameof(Nulls)]);
        }

        foreach (var (feature, _) in Nulls.Features.Where(f => f.Value is { Policy: NullPolicy.Value, Value: null }))
        {
            yield return new ValidationResult(
                $"{nameof(Nulls)}:{nameof(NullOptions.Features)}:{feature}:{nameof(FeatureNullOptions.Value)} must be what stands for null, since {nameof(FeatureNullOptions.Policy)} is Value, but is empty.", [nameof(Nulls)]);
        }

        foreach (var problem in AcceleratorOptionsRules.Check(Accelerator, AcceleratorOptions))
        {
            yield return new ValidationResult(problem, [nameof(AcceleratorOptions)]);
        }
    }
}
