using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;

namespace Mlp.Runtime.Tests.Accelerators;

public sealed class AcceleratorOptionsTests
{
    public static TheoryData<Accelerator, Action<AcceleratorOptions>, string> Wrong => new()
    {
        { Accelerator.Cpu, o => o.Device = 1, "Expected no AcceleratorOptions.Device for accelerator Cpu, but found one: it belongs to a GPU. Ask for Cuda, TensorRt or Auto." },
        { Accelerator.Cpu, o => o.DeviceMemoryLimitBytes = 1 << 30, "Expected no AcceleratorOptions.DeviceMemoryLimitBytes for accelerator Cpu, but found one: it belongs to a GPU. Ask for Cuda, TensorRt or Auto." },
        { Accelerator.Cpu, o => o.RequireAllNodes = true, "Expected no AcceleratorOptions.RequireAllNodes for accelerator Cpu, but found one: it belongs to a GPU. Ask for Cuda, TensorRt or Auto." },
        { Accelerator.Cpu, o => o.ProviderOptions["prefer_nhwc"] = "1", "Expected no AcceleratorOptions.ProviderOptions for accelerator Cpu, but found one: it belongs to a GPU. Ask for Cuda, TensorRt or Auto." },
        { Accelerator.Cuda, o => o.Device = -1, "Expected AcceleratorOptions.Device to be a GPU from 0, but found -1." },
        { Accelerator.Cuda, o => o.DeviceMemoryLimitBytes = 4096, "Expected AcceleratorOptions.DeviceMemoryLimitBytes of at least 1048576 bytes, but found 4096." },
        { Accelerator.Auto, o => o.RequireAllNodes = true, "Expected AcceleratorOptions.RequireAllNodes with Cuda or TensorRt, but found Auto, which may run every node on the processor." },
        { Accelerator.Cuda, o => o.ProviderOptions["device_id"] = "1", "Expected no 'device_id' among AcceleratorOptions.ProviderOptions, but found one: Device says which GPU." },
        { Accelerator.TensorRt, o => o.ProviderOptions["trt_cuda_graph_enable"] = "1", "Expected no 'trt_cuda_graph_enable' among AcceleratorOptions.ProviderOptions, but found one: calls run at once, which a CUDA graph does not allow." },
        { Accelerator.Cuda, o => o.ProviderOptions["trt_fp16_enable"] = "1", "Expected no 'trt_fp16_enable' among AcceleratorOptions.ProviderOptions for accelerator Cuda, but found one: it belongs to TensorRt." },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Validate_WhatDoesNotGoTogether_IsASentence(Accelerator accelerator, Action<AcceleratorOptions> configure, string expected)
    {
        var options = new ModelOptions().OnAccelerator(accelerator, configure);

        Assert.Equal([expected], options.Validate(new ValidationContext(options)).Select(r => r.ErrorMessage));
    }

    [Theory]
    [InlineData(Accelerator.Cuda)]
    [InlineData(Accelerator.TensorRt)]
    public void Validate_WhatGoesTogether_IsAccepted(Accelerator accelerator)
    {
        var options = new ModelOptions().OnAccelerator(accelerator, o =>
        {
            o.Device = 3;
            o.DeviceMemoryLimitBytes = 1L << 32;
            o.RequireAllNodes = true;
            o.ProviderOptions["cudnn_conv_algo_search"] = "DEFAULT";
        });

        Assert.Empty(options.Validate(new ValidationContext(options)));
    }

    [Fact]
    public void Bind_Configuration_SetsEverything()
    {
        var options = Resolve(new Dictionary<string, string?>
        {
            ["MlPlatform:Models:tips:Accelerator"] = "TensorRt",
            ["MlPlatform:Models:tips:AcceleratorOptions:Device"] = "1",
            ["MlPlatform:Models:tips:AcceleratorOptions:DeviceMemoryLimitBytes"] = "4294967296",
            ["MlPlatform:Models:tips:AcceleratorOptions:RequireAllNodes"] = "true",
            ["MlPlatform:Models:tips:AcceleratorOptions:ProviderOptions:trt_fp16_enable"] = "1",
            ["MlPlatform:Models:tips:AcceleratorOptions:ProviderOptions:cudnn_conv_algo_search"] = "DEFAULT",
        });

        Assert.Equal(Accelerator.TensorRt, options.Accelerator);
        Assert.Equal((1, 4L << 30, true), (options.AcceleratorOptions.Device, options.AcceleratorOptions.DeviceMemoryLimitBytes, options.AcceleratorOptions.RequireAllNodes));
        var settings = AcceleratorSettings.From(options.AcceleratorOptions);
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["device_id"] = "1",
                ["gpu_mem_limit"] = "4294967296",
                ["arena_extend_strategy"] = "kSameAsRequested",
                ["cudnn_conv_algo_search"] = "DEFAULT",
            },
            settings.ForCuda());
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["device_id"] = "1",
                ["trt_engine_cache_enable"] = "1",
                ["trt_engine_cache_path"] = Path.GetFullPath("ml-data/cache/tensorrt"),
                ["trt_fp16_enable"] = "1",
            },
            settings.ForTensorRt());
    }

    [Fact]
    public void Bind_OtherFolderForEngines_IsKept()
    {
        var options = Resolve(new Dictionary<string, string?>
        {
            ["MlPlatform:Models:tips:Accelerator"] = "TensorRt",
            ["MlPlatform:Models:tips:AcceleratorOptions:ProviderOptions:trt_engine_cache_path"] = "/engines",
        });

        Assert.Equal("/engines", options.AcceleratorOptions.ProviderOptions["trt_engine_cache_path"]);
    }

    [Fact]
    public void ForCuda_Default_GrowsByNeedAndChoosesConvolutionsByRule()
        => Assert.Equal(
            new Dictionary<string, string> { ["device_id"] = "0", ["arena_extend_strategy"] = "kSameAsRequested", ["cudnn_conv_algo_search"] = "HEURISTIC" },
            AcceleratorSettings.Default.ForCuda());

    [Fact]
    public void PoolSize_Default_IsOnePerProcessor() => Assert.Equal(Environment.ProcessorCount, new ModelOptions().PoolSize);

    private static ModelOptions Resolve(Dictionary<string, string?> configuration)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(configuration).Build());
        services.AddMlPlatform(ml => ml.AddModel("tips"));
        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptionsMonitor<ModelOptions>>().Get("tips");
    }
}
