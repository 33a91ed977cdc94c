using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Accelerators;

/// <summary>What only a GPU can show: that it answers as the processor does, and what the description says of it.</summary>
[Trait("Category", "Gpu")]
public sealed class GpuTests
{
    private const double Tolerance = 1e-4;

    [GpuFact]
    public Task Predict_OnCuda_AgreesWithTheProcessor() => AgreeAsync(Accelerator.Cuda, TestGraphs.Logistic(0.5f, -0.25f, 0.125f), Binary());

    [GpuFact]
    public Task Predict_WithTextsOnCuda_AgreesWithTheProcessor() => AgreeAsync(Accelerator.Cuda, TestGraphs.Columns(), Regression());

    [GpuFact]
    public Task Predict_ShapeNotAsDeclaredOnCuda_AgreesWithTheProcessor() => AgreeAsync(Accelerator.Cuda, TestGraphs.Lying(1, 10), Regression());

    [GpuFact]
    public Task Predict_DeepOnCuda_AgreesWithTheProcessor() => AgreeAsync(Accelerator.Cuda, TestGraphs.Slow(256, 20), Regression());

    [GpuFact(Accelerator.TensorRt)]
    public Task Predict_OnTensorRt_AgreesWithTheProcessor() => AgreeAsync(Accelerator.TensorRt, TestGraphs.Logistic(0.5f, -0.25f, 0.125f), Binary());

    [GpuFact]
    public async Task Description_OnCuda_SaysWhoRunsWhat()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Slow(256, 20), Regression()), configure: o => o.OnAccelerator(Accelerator.Auto));

        var description = platform.Model.Description!;
        Assert.Equal((Accelerator.Cuda, null), (description.Accelerator, description.AcceleratorFallback));
        Assert.True(description.Providers["CUDAExecutionProvider"] >= 20);
        Assert.Equal(description.Providers.GetValueOrDefault("CPUExecutionProvider"), description.FallbackNodeCount);
        Assert.True(description.HasPinnedBuffers);
    }

    [GpuFact]
    public async Task Open_TextsWhereEveryNodeMustBeOnTheGpu_IsRefused()
    {
        await using var platform = await ServeAsync(
            Package(TestGraphs.Columns(), Regression()), configure: o => o.OnAccelerator(Accelerator.Cuda, a => a.RequireAllNodes = true));

        Assert.Equal(ModelState.Unavailable, platform.Model.State);
        Assert.Contains("Expected a model all of whose nodes run on Cuda", platform.Model.UnavailableReason, StringComparison.Ordinal);
    }

    [GpuFact]
    public async Task Open_OptionThatCudaDoesNotKnow_FailsTheStart()
    {
        await using var platform = new TestPlatform();
        platform.AddModel(ModelName, o => o.OnAccelerator(Accelerator.Cuda, a => a.ProviderOptions["colour"] = "red"));

        var error = await Assert.ThrowsAsync<AcceleratorOptionsException>(() => platform.Catalog.OpenAsync(CancellationToken.None));

        Assert.Contains("colour", error.OptionNames);
    }

    [GpuFact]
    public async Task Run_ByNameOnCuda_SeesValuesThatWereSetAgain()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.LogisticWithSum(1, 2), ModelOutput.Tensors), configure: o => o.OnAccelerator(Accelerator.Cuda));
        using var inputs = new ModelInputs();
        for (var value = 1; value <= 3; value++)
        {
            inputs.Set("x", new float[] { value, value }, 1, 2);
            Assert.Equal(3f * value, platform.Model.Run(inputs)["z"].AsSpan<float>()[0]);
        }
    }

    [GpuFact]
    public async Task Predict_ManyAtOnceOnCuda_EachGetsItsOwnAnswer()
    {
        await using var platform = await ServeAsync(
            Package(TestGraphs.Logistic(1, 2), Binary()),
            configure: o =>
            {
                o.OnAccelerator(Accelerator.Cuda, a => a.DeviceMemoryLimitBytes = 1L << 30);
                o.PoolSize = 8;
            });
        var model = platform.Model;

        Parallel.For(0, 2_000, i =>
        {
            var x = (i % 200) / 100f;
            Assert.Equal(1 / (1 + Math.Exp(-3 * x)), model.Predict([x, x]).Score, Tolerance);
        });
    }

    private static async Task AgreeAsync(Accelerator accelerator, byte[] onnx, ModelOutput output)
    {
        await using var processor = await ServeAsync(Package(onnx, output));
        await using var gpu = await ServeAsync(Package(onnx, output), configure: o => o.OnAccelerator(accelerator));
        Assert.Equal(accelerator, gpu.Model.Description!.Accelerator);
        foreach (var (rowCount, seed) in new[] { (1, 1), (300, 2), (300, 3), (1, 4) })
        {
            var rows = Rows(processor.Model.Description!.Layout, rowCount, seed);
            var expected = new Prediction[rowCount];
            var actual = new Prediction[rowCount];
            processor.Model.Predict(rows, expected);
            gpu.Model.Predict(rows, actual);
            Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First.Score, pair.Second.Score, Tolerance * Math.Max(1, Math.Abs(pair.First.Score))));
        }
    }

    private static FeatureRows Rows(FeatureRowLayout layout, int rowCount, int seed)
    {
        var random = new Random(seed);
        var rows = new FeatureRows(layout, rowCount);
        rows.Reset(rowCount);
        rows.Status.Fill(FeatureStatus.Present);
        foreach (ref var value in rows.Float32)
        {
            value = random.NextSingle();
        }

        for (var row = 0; row < rowCount && layout.WidthOf(FeatureType.String) > 0; row++)
        {
            rows.SetString(row, 0, row % 2 == 0 ? "a" : "b");
        }

        return rows;
    }
}
