using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Accelerators;

public sealed class AcceleratorSelectorTests
{
    [Theory]
    [InlineData(Accelerator.Cpu, false, 0, Accelerator.Cpu)]
    [InlineData(Accelerator.Cpu, true, 2, Accelerator.Cpu)]
    [InlineData(Accelerator.Cuda, true, 1, Accelerator.Cuda)]
    [InlineData(Accelerator.Auto, true, 1, Accelerator.Cuda)]
    [InlineData(Accelerator.Auto, true, 0, Accelerator.Cpu)]
    [InlineData(Accelerator.Auto, false, 1, Accelerator.Cpu)]
    [InlineData(Accelerator.TensorRt, true, 1, Accelerator.TensorRt)]
    public void Select_WhatIsThere_Decides(Accelerator asked, bool hasBuild, int gpuCount, Accelerator expected)
    {
        var choice = AcceleratorSelector.Select(asked, Settings(), new Probe(hasBuild, gpuCount));

        Assert.Equal(expected, choice.Accelerator);
        Assert.Equal(asked == Accelerator.Auto && expected == Accelerator.Cpu, choice.FallbackReason is not null);
    }

    [Fact]
    public void Select_CudaWithoutBuild_NamesThePackage()
    {
        var error = Assert.Throws<AcceleratorUnavailableException>(() => AcceleratorSelector.Select(Accelerator.Cuda, Settings(), new Probe(false, 1)));

        Assert.Equal(
            "Expected accelerator Cuda, but the ONNX Runtime in this process has no CUDA build: add the NuGet package 'Microsoft.ML.OnnxRuntime.Gpu' to the application in place of 'Microsoft.ML.OnnxRuntime'. Ask for Auto to fall back to the processor.",
            error.Message);
        Assert.Equal(Accelerator.Cuda, error.Accelerator);
    }

    [Fact]
    public void Select_CudaWithoutGpu_NamesTheGpu()
    {
        var error = Assert.Throws<AcceleratorUnavailableException>(() => AcceleratorSelector.Select(Accelerator.Cuda, Settings(), new Probe(true, 0)));

        Assert.StartsWith("Expected accelerator Cuda, but ONNX Runtime has its CUDA build, but the driver offers no NVIDIA GPU.", error.Message, StringComparison.Ordinal);
    }

    [CpuBuildFact]
    public async Task Open_CudaOnTheCpuPackage_FailsTheStart()
    {
        await using var platform = new TestPlatform();
        platform.AddModel(ModelName, o => o.OnAccelerator(Accelerator.Cuda));

        var error = await Assert.ThrowsAsync<AcceleratorUnavailableException>(() => platform.Catalog.OpenAsync(CancellationToken.None));

        Assert.Equal(AcceleratorSelector.NoCudaBuild, error.Missing);
    }

    [CpuBuildFact]
    public async Task Open_AutoOnTheCpuPackage_FallsBackAndSaysSo()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Logistic(1), Binary()), configure: o => o.OnAccelerator(Accelerator.Auto));

        Assert.Equal(Accelerator.Cpu, platform.Model.Description!.Accelerator);
        Assert.Equal(AcceleratorSelector.NoCudaBuild, platform.Model.Description.AcceleratorFallback);
        Assert.Equal(1, platform.Model.Predict([1]).ModelVersion);
    }

    [Fact]
    public void Select_TensorRtWithoutBuild_NamesThePackage()
    {
        var error = Assert.Throws<AcceleratorUnavailableException>(
            () => AcceleratorSelector.Select(Accelerator.TensorRt, Settings(), new Probe(true, 1) { HasTensorRtBuild = false }));

        Assert.Equal(
            "Expected accelerator TensorRt, but the ONNX Runtime in this process has no TensorRT build: add the NuGet package 'Microsoft.ML.OnnxRuntime.Gpu' to the application in place of 'Microsoft.ML.OnnxRuntime'. Ask for Auto to fall back to the processor.",
            error.Message);
    }

    [Theory]
    [InlineData(Accelerator.Cuda, 1, 1, "the driver offers 1 GPU, and device 1 was asked for (AcceleratorOptions.Device counts from 0)")]
    [InlineData(Accelerator.TensorRt, 2, 5, "the driver offers 2 GPUs, and device 5 was asked for (AcceleratorOptions.Device counts from 0)")]
    public void Select_DeviceBeyondTheGpus_SaysHowManyThereAre(Accelerator asked, int gpuCount, int device, string missing)
    {
        var error = Assert.Throws<AcceleratorUnavailableException>(
            () => AcceleratorSelector.Select(asked, Settings(o => o.Device = device), new Probe(true, gpuCount)));

        Assert.Equal(missing, error.Missing);
        Assert.Equal(missing, AcceleratorSelector.Select(Accelerator.Auto, Settings(o => o.Device = device), new Probe(true, gpuCount)).FallbackReason);
    }

    [Fact]
    public void Select_LibraryMissing_FailsCudaAndLetsAutoFallBack()
    {
        var missing = new AcceleratorUnavailableException(Accelerator.Cuda, "libcudnn.so.9 is missing");
        var probe = new Probe(true, 1) { Obstacle = missing };

        Assert.Same(missing, Assert.Throws<AcceleratorUnavailableException>(() => AcceleratorSelector.Select(Accelerator.Cuda, Settings(), probe)));
        var choice = AcceleratorSelector.Select(Accelerator.Auto, Settings(), probe);
        Assert.Equal((Accelerator.Cpu, "libcudnn.so.9 is missing"), (choice.Accelerator, choice.FallbackReason));
        Assert.Equal(AcceleratorSettings.Default, choice.Settings);
    }

    [Fact]
    public void Select_OptionRefused_FailsAutoToo()
    {
        var refused = new AcceleratorOptionsException(Accelerator.Cuda, ["colour", "device_id"], new InvalidOperationException("Unknown provider option: \"colour\". "));

        Assert.Throws<AcceleratorOptionsException>(() => AcceleratorSelector.Select(Accelerator.Auto, Settings(), new Probe(true, 1) { Obstacle = refused }));
        Assert.Equal(
            "Expected options that accelerator Cuda knows, but of 'colour', 'device_id' ONNX Runtime says: Unknown provider option: \"colour\" (AcceleratorOptions.ProviderOptions).",
            refused.Message);
    }

    [CpuBuildFact]
    public async Task Open_TensorRtOnTheCpuPackage_FailsTheStart()
    {
        await using var platform = new TestPlatform();
        platform.AddModel(ModelName, o => o.OnAccelerator(Accelerator.TensorRt));

        var error = await Assert.ThrowsAsync<AcceleratorUnavailableException>(() => platform.Catalog.OpenAsync(CancellationToken.None));

        Assert.Equal(AcceleratorSelector.NoTensorRtBuild, error.Missing);
    }

    [CpuBuildTheory]
    [InlineData(Accelerator.Cuda, AcceleratorSelector.NoCudaBuild)]
    [InlineData(Accelerator.TensorRt, AcceleratorSelector.NoTensorRtBuild)]
    public void Try_OnTheCpuPackage_SaysWhatIsMissing(Accelerator accelerator, string missing)
    {
        var error = Assert.Throws<AcceleratorUnavailableException>(() => new AcceleratorProbe().Try(new AcceleratorChoice(accelerator, null)));

        Assert.Equal((accelerator, missing), (error.Accelerator, error.Missing));
    }

    [Fact]
    public void GpuCount_AnyMachine_DoesNotThrow() => Assert.InRange(new AcceleratorProbe().GpuCount, 0, 1_000);

    private static AcceleratorSettings Settings(Action<AcceleratorOptions>? configure = null)
    {
        var options = new AcceleratorOptions();
        configure?.Invoke(options);
        return AcceleratorSettings.From(options);
    }

    private sealed record Probe(bool HasCudaBuild, int GpuCount) : IAcceleratorProbe
    {
        public bool HasTensorRtBuild { get; init; } = HasCudaBuild;

        public Exception? Obstacle { get; init; }

        public void Try(AcceleratorChoice choice)
        {
            if (Obstacle is not null)
            {
                throw Obstacle;
            }
        }
    }
}
