namespace Mlp.Runtime.Accelerators;

/// <summary>Which settings of an accelerator go together.</summary>
internal static class AcceleratorOptionsRules
{
    private const long LeastMemory = 1 << 20;

    /// <summary>Options of ONNX Runtime that the platform sets itself, and why an application does not.</summary>
    private static readonly Dictionary<string, string> Reserved = new(StringComparer.Ordinal)
    {
        ["device_id"] = $"{nameof(AcceleratorOptions.Device)} says which GPU",
        ["gpu_mem_limit"] = $"{nameof(AcceleratorOptions.DeviceMemoryLimitBytes)} says how much memory",
        ["has_user_compute_stream"] = "each run has a stream of its own",
        ["user_compute_stream"] = "each run has a stream of its own",
        ["enable_cuda_graph"] = "calls run at once, which a CUDA graph does not allow",
        ["trt_cuda_graph_enable"] = "calls run at once, which a CUDA graph does not allow",
    };

    /// <summary>What is wrong with the settings, a sentence each.</summary>
    /// <param name="accelerator">Where the model runs.</param>
    /// <param name="options">The settings.</param>
    public static IEnumerable<string> Check(Accelerator accelerator, AcceleratorOptions options)
    {
        if (accelerator == Accelerator.Cpu)
        {
            return NamesOfSet(options).Select(n => $"Expected no {Name}.{n} for accelerator Cpu, but found one: it belongs to a GPU. Ask for Cuda, TensorRt or Auto.");
        }

        return CheckDevice(accelerator, options).Concat(CheckProviderOptions(accelerator, options));
    }

    private static string Name => "AcceleratorOptions";

    private static IEnumerable<string> NamesOfSet(AcceleratorOptions options)
    {
        if (options.Device != 0)
        {
            yield return nameof(options.Device);
        }

        if (options.DeviceMemoryLimitBytes is not null)
        {
            yield return nameof(options.DeviceMemoryLimitBytes);
        }

        if (options.RequireAllNodes)
        {
            yield return nameof(options.RequireAllNodes);
        }

        if (options.ProviderOptions.Count > 0)
        {
            yield return nameof(options.ProviderOptions);
        }
    }

    private static IEnumerable<string> CheckDevice(Accelerator accelerator, AcceleratorOptions options)
    {
        if (options.Device < 0)
        {
            yield return FormattableString.Invariant($"Expected {Name}.{nameof(options.Device)} to be a GPU from 0, but found {options.Device}.");
        }

        if (options.DeviceMemoryLimitBytes < LeastMemory)
        {
            yield return FormattableString.Invariant(
                $"Expected {Name}.{nameof(options.DeviceMemoryLimitBytes)} of at least {LeastMemory} bytes, but found {options.DeviceMemoryLimitBytes}.");
        }

        if (accelerator == Accelerator.Auto && options.RequireAllNodes)
        {
            yield return $"Expected {Name}.{nameof(options.RequireAllNodes)} with Cuda or TensorRt, but found Auto, which may run every node on the processor.";
        }
    }

    private static IEnumerable<string> CheckProviderOptions(Accelerator accelerator, AcceleratorOptions options)
    {
        foreach (var name in options.ProviderOptions.Keys)
        {
            if (Reserved.TryGetValue(name, out var reason))
            {
                yield return $"Expected no '{name}' among {Name}.{nameof(options.ProviderOptions)}, but found one: {reason}.";
            }
            else if (accelerator != Accelerator.TensorRt && AcceleratorSettings.IsOfTensorRt(name))
            {
                yield return $"Expected no '{name}' among {Name}.{nameof(options.ProviderOptions)} for accelerator {accelerator}, but found one: it belongs to TensorRt.";
            }
        }
    }
}
