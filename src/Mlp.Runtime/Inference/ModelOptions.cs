using System.ComponentModel.DataAnnotations;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Models;

namespace Mlp.Runtime.Inference;

/// <summary>Settings of one model in service, bound from the configuration section <c>MlPlatform:Models:name</c> and validated at start.</summary>
public sealed class ModelOptions : IValidatableObject
{
    /// <summary>The configuration section that holds one section per model.</summary>
    public const string SectionName = "MlPlatform:Models";

    /// <summary>The alias that says which version to serve; null when <see cref="Version"/> does.</summary>
    /// <value>The default value is <c>champion</c>.</value>
    public string? Alias { get; set; } = "champion";

    /// <summary>The version to serve, from 1; null when <see cref="Alias"/> says it. A fixed version wins over an alias.</summary>
    /// <value>The default value is null.</value>
    [Range(1, int.MaxValue)]
    public int? Version { get; set; }

    /// <summary>The feature service to read from; null for the one that the model was trained on.</summary>
    /// <value>The default value is null.</value>
    public string? FeatureService { get; set; }

    /// <summary>Calls that may run at once, 1 to 4096; further ones wait in order.</summary>
    /// <value>The default value is twice the number of processors.</value>
    [Range(1, 4096)]
    public int PoolSize { get; set; } = Environment.ProcessorCount * 2;

    /// <summary>Calls that may wait for one of the slots, from 0; beyond it a call fails at once with <see cref="ModelOverloadedException"/>. Null for any number.</summary>
    /// <value>The default value is null.</value>
    [Range(0, int.MaxValue)]
    public int? MaximumQueueLength { get; set; }

    /// <summary>Where the model runs.</summary>
    /// <value>The default value is <see cref="Accelerator.Cpu"/>.</value>
    [EnumDataType(typeof(Accelerator))]
    public Accelerator Accelerator { get; set; } = Accelerator.Cpu;

    /// <summary>Where the weights lie: in memory, or in a file that is mapped, for versions that are rarely called and for many that share one file.</summary>
    /// <value>The default value is <see cref="WeightStorage.Resident"/>.</value>
    [EnumDataType(typeof(WeightStorage))]
    public WeightStorage Weights { get; set; } = WeightStorage.Resident;

    /// <summary>Whether a managed kernel may stand in for ONNX Runtime where it agrees with it and measured faster.</summary>
    /// <value>The default value is <see cref="KernelUse.Auto"/>.</value>
    [EnumDataType(typeof(KernelUse))]
    public KernelUse Kernels { get; set; } = KernelUse.Auto;

    /// <summary>How often the registry is asked where the alias points, 10 milliseconds to 1 day.</summary>
    /// <value>The default value is 500 milliseconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00", ParseLimitsInInvariantCulture = true, ConvertValueInInvariantCulture = true)]
    public TimeSpan AliasPollInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>What features do that have no value.</summary>
    public NullOptions Nulls { get; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Version is null && string.IsNullOrWhiteSpace(Alias))
        {
            yield return new ValidationResult($"Expected {nameof(Alias)} or {nameof(Version)} to say which version to serve, but found neither.", [nameof(Alias), nameof(Version)]);
        }

        if (Nulls.Policy == NullPolicy.Value)
        {
            yield return new ValidationResult(
                $"Expected {nameof(Nulls)}.{nameof(NullOptions.Policy)} to be Automatic, Error or NaN, but found Value: a value belongs to a feature.", [nameof(Nulls)]);
        }
    }
}
