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
    public void Select_WhatIsThere_Decides(Accelerator asked, bool hasBuild, int gpuCount, Accelerator expected)
    {
        var choice = AcceleratorSelector.Select(asked, new Probe(hasBuild, gpuCount));

        Assert.Equal(expected, choice.Accelerator);
        Assert.Equal(asked == Accelerator.Auto && expected == Accelerator.Cpu, choice.FallbackReason is not null);
    }

    [Fact]
    public void Select_CudaWithoutBuild_NamesThePackage()
    {
        var error = Assert.Throws<AcceleratorUnavailableException>(() => AcceleratorSelector.Select(Accelerator.Cuda, new Probe(false, 1)));

        Assert.Equal(
            "Expected accelerator Cuda, but the ONNX Runtime in this process has no CUDA build: add the NuGet package 'Microsoft.ML.OnnxRuntime.Gpu' to the application in place of 'Microsoft.ML.OnnxRuntime'. Ask for Auto to fall back to the processor.",
            error.Message);
        Assert.Equal(Accelerator.Cuda, error.Accelerator);
    }

    [Fact]
    public void Select_CudaWithoutGpu_NamesTheGpu()
    {
        var error = Assert.Throws<AcceleratorUnavailableException>(() => AcceleratorSelector.Select(Accelerator.Cuda, new Probe(true, 0)));

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

    [CpuBuildFact]
    public void Append_CudaOnTheCpuPackage_SaysWhatIsMissing()
    {
        using var options = new Microsoft.ML.OnnxRuntime.SessionOptions();

        Assert.Throws<AcceleratorUnavailableException>(() => CudaSessionOptions.Append(options));
    }

    [Fact]
    public void GpuCount_AnyMachine_DoesNotThrow() => Assert.InRange(new AcceleratorProbe().GpuCount, 0, 1_000);

    private sealed record Probe(bool HasCudaBuild, int GpuCount) : IAcceleratorProbe;
}
