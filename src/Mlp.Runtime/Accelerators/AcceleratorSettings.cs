using System.Collections.Frozen;
using System.Globalization;

namespace Mlp.Runtime.Accelerators;

/// <summary>The validated settings of an accelerator. Immutable.</summary>
/// <param name="Device">Which GPU, from 0.</param>
/// <param name="DeviceMemoryLimitBytes">Bytes that the CUDA arena of a session may take; null for any.</param>
/// <param name="RequireAllNodes">Whether nodes may not fall back to the processor.</param>
/// <param name="ProviderOptions">The application's own options of the providers.</param>
internal sealed record AcceleratorSettings(int Device, long? DeviceMemoryLimitBytes, bool RequireAllNodes, FrozenDictionary<string, string> ProviderOptions)
{
    /// <summary>Folder of TensorRT's engines, among <see cref="ProviderOptions"/>.</summary>
    public const string EngineCachePath = "trt_engine_cache_path";

    /// <summary>Nothing set.</summary>
    public static AcceleratorSettings Default { get; } = new(0, null, false, FrozenDictionary<string, string>.Empty);

    /// <summary>
    /// What the CUDA provider is told. The arena takes what it is asked for: doubling, its own default, may take a multiple of what the model needs. Convolutions are chosen by rule: the default tries all for each new
    /// shape, which makes every first batch of a size slow.
    /// </summary>
    public Dictionary<string, string> ForCuda()
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["device_id"] = DeviceText,
            ["arena_extend_strategy"] = "kSameAsRequested",
            ["cudnn_conv_algo_search"] = "HEURISTIC",
        };
        if (DeviceMemoryLimitBytes is { } limit)
        {
            options["gpu_mem_limit"] = limit.ToString(CultureInfo.InvariantCulture);
        }

        return With(options, isTensorRt: false);
    }

    /// <summary>What the TensorRT provider is told. With a folder for engines they are kept: building one takes seconds to minutes.</summary>
    public Dictionary<string, string> ForTensorRt()
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal) { ["device_id"] = DeviceText };
        if (ProviderOptions.ContainsKey(EngineCachePath))
        {
            options["trt_engine_cache_enable"] = "1";
        }

        return With(options, isTensorRt: true);
    }

    /// <summary>Copies options that have been validated.</summary>
    /// <param name="options">The options.</param>
    public static AcceleratorSettings From(AcceleratorOptions options)
        => new(options.Device, options.DeviceMemoryLimitBytes, options.RequireAllNodes, options.ProviderOptions.ToFrozenDictionary(StringComparer.Ordinal));

    /// <summary>Whether a provider option goes to TensorRT; all others go to CUDA.</summary>
    /// <param name="name">Name of the option.</param>
    public static bool IsOfTensorRt(string name) => name.StartsWith("trt_", StringComparison.Ordinal);

    private string DeviceText => Device.ToString(CultureInfo.InvariantCulture);

    private Dictionary<string, string> With(Dictionary<string, string> options, bool isTensorRt)
    {
        foreach (var (name, value) in ProviderOptions)
        {
            if (IsOfTensorRt(name) == isTensorRt)
            {
                options[name] = value;
            }
        }

        return options;
    }
}
