using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Mlp.Runtime.Accelerators;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Kernels;
using Mlp.Runtime.Kernels.Recognition;
using Mlp.Runtime.Kernels.Steps;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Tests.Inference;
using Mlp.TestSupport;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Kernels;

/// <summary>A kernel in the call path: it serves after its trial, says so, and is left out when it is wrong, slower, or not wanted.</summary>
public sealed class KernelServingTests
{
    private static readonly float[] Features = [.. Enumerable.Range(0, 300 * 32).Select(i => (i % 37 / 37f) - 0.5f)];

    [Fact]
    public async Task Description_OfALogisticRegression_NamesItsKernel()
    {
        await using var platform = await ServeAsync(Package(NetworkKernelTests.Network([32, 1], "Relu", "Sigmoid"), Binary("y")));

        var engine = platform.Model.Description!.Engine;

        // Which engine is faster is for the machine to say; what was measured stands there in any case.
        Assert.Equal(KernelKind.Linear, engine.Kind);
        Assert.Equal(1000, engine.ComparedRowCount);
        Assert.Equal([1, 4, 16, 64, 256], engine.Timings.Select(t => t.RowCount));
        Assert.All(engine.Timings, t => Assert.True(t is { OnnxRuntimeNanoseconds: > 0, KernelNanoseconds: > 0 }));
        Assert.All(engine.Timings, t => Assert.Equal(t.KernelNanoseconds < 0.9 * t.OnnxRuntimeNanoseconds, t.IsKernelFaster));
        Assert.Equal(engine.Timings.Any(t => t.IsKernelFaster), engine.IsInUse);
    }

    [Fact]
    public async Task Description_OfTrees_SaysThatTheBitsAreTheSame()
    {
        await using var platform = await ServeAsync(Package(new TreeGraph { Seed = 2 }.ToOnnx(), Regression()));

        Assert.True(platform.Model.Description!.Engine.HasSameBits);
        Assert.Equal(KernelKind.Trees, platform.Model.Description.Engine.Kind);
    }

    [Fact]
    public void Run_ManyRowsAndOne_GiveTheSameBits()
    {
        foreach (var onnx in (byte[][])[NetworkKernelTests.Network([32, 1], "Relu", "Sigmoid"), NetworkKernelTests.Network([32, 40, 3, 1], "Tanh", null)])
        {
            using var fixture = new KernelFixture(onnx, "y");
            var program = fixture.Recognise();

            var together = fixture.Run(program, Features[..(77 * 32)], 77);
            var alone = Features.Chunk(32).Take(77).SelectMany(row => fixture.Run(program, row, 1)).ToArray();

            Assert.Equal(alone, together);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(300)]
    public async Task Predict_WithKernelsAndWithout_AnswersAlike(int rowCount)
    {
        foreach (var onnx in (byte[][])
        [
            NetworkKernelTests.Network([32, 1], "Relu", "Sigmoid"), NetworkKernelTests.Network([32, 16, 1], "Tanh", null), new TreeGraph { Seed = 1, Features = 32 }.ToOnnx(),
        ])
        {
            await using var with = await ServeAsync(Package(onnx, Regression()));
            await using var without = await ServeAsync(Package(onnx, Regression()), configure: o => o.WithoutKernels());
            var (expected, found) = (new float[rowCount], new float[rowCount]);

            without.Model.Predict(Features.AsSpan(0, 32 * rowCount), expected);
            with.Model.Predict(Features.AsSpan(0, 32 * rowCount), found);

            Assert.All(expected.Zip(found), p => Assert.Equal(p.First, p.Second, 1e-5f));
        }
    }

    [Fact]
    public async Task Kernels_SwitchedOff_OnnxRuntimeServesAndTheDescriptionSaysWhy()
    {
        await using var platform = await ServeAsync(Package(NetworkKernelTests.Network([32, 1], "Relu", null), Regression()), configure: o => o.WithoutKernels());

        Assert.Equal(KernelDescription.None("Kernels are switched off."), platform.Model.Description!.Engine, EngineComparer);
        Assert.False(platform.Model.Description!.Engine.Serves(1));
    }

    [Fact]
    public async Task Kernels_InConfiguration_IsBound()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new($"MlPlatform:Models:{ModelName}:Kernels", "Off")]).Build();
        await using var platform = new TestPlatform();
        platform.Services.AddSingleton<IConfiguration>(configuration);
        platform.AddModel(ModelName);
        await platform.PublishAsync(Package(NetworkKernelTests.Network([32, 1], "Relu", null), Regression()));
        await platform.Catalog.OpenAsync(CancellationToken.None);

        Assert.Equal("Kernels are switched off.", platform.Model.Description!.Engine.Reason);
    }

    [Fact]
    public async Task Load_GraphThatIsNotCovered_ServesAndSaysWhy()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.TwoInputs(), Regression()));

        Assert.Equal(KernelKind.None, platform.Model.Description!.Engine.Kind);
        Assert.StartsWith("Expected operators that kernels cover, but found ReduceSum", platform.Model.Description.Engine.Reason, StringComparison.Ordinal);
        Assert.Equal(33, platform.Model.Predict([1, 2, 1, 1, 1]).Score);
    }

    [Theory]
    [InlineData("weight")]
    [InlineData("missing")]
    [InlineData("extreme")]
    public void Load_KernelThatIsWrong_IsFoundAndNotUsed(string fault)
    {
        using var fixture = new KernelFixture(NetworkKernelTests.Network([8, 1], "Relu", "Sigmoid"), "y");
        var right = fixture.Recognise();
        var wrong = right with { Steps = [.. right.Steps, new FaultyStep(right.Output, fault)] };

        var description = new KernelLoader(_ => wrong).Load(KernelUse.Auto, fixture.Request, fixture.Session, golden: null);

        Assert.False(description.IsInUse);
        Assert.StartsWith("Expected a kernel to answer as ONNX Runtime does, within 1E-05", description.Reason, StringComparison.Ordinal);
        Assert.Empty(description.Timings);
        AssertServes(fixture, isKernel: false);
    }

    [Fact]
    public void Load_KernelThatIsNearlyRight_IsUsedUnlessStrict()
    {
        using var fixture = new KernelFixture(NetworkKernelTests.Network([10, 64, 32, 1], "Relu", null, gain: 6), "y");
        using var trees = new KernelFixture(new TreeGraph { Seed = 2 }.ToOnnx(), "y");

        var usual = KernelLoader.Default.Load(KernelUse.Auto, fixture.Request, fixture.Session, golden: null);
        var strict = KernelLoader.Default.Load(KernelUse.Strict, fixture.Request, fixture.Session, golden: null);
        var exact = KernelLoader.Default.Load(KernelUse.Strict, trees.Request, trees.Session, golden: null);

        Assert.NotEmpty(usual.Timings);
        Assert.StartsWith("Expected a kernel to answer as ONNX Runtime does, within 1E-06", strict.Reason, StringComparison.Ordinal);
        Assert.True(exact.HasSameBits);
        Assert.NotEmpty(exact.Timings);
    }

    [Fact]
    public void Load_KernelThatIsRight_ServesWhereItIsFaster()
    {
        using var fixture = new KernelFixture(NetworkKernelTests.Network([8, 1], "Relu", "Sigmoid"), "y");

        var description = KernelLoader.Default.Load(KernelUse.Auto, fixture.Request, fixture.Session, golden: null);

        Assert.Equal(1000, description.ComparedRowCount);
        AssertServes(fixture, description.Serves(1));
    }

    [Fact]
    public void Load_KernelThatMissesAGoldenRow_IsNotUsed()
    {
        using var fixture = new KernelFixture(NetworkKernelTests.Network([2, 1], "Relu", null), "y");
        var rows = new FeatureRows(fixture.Request.Inputs.Layout, 1);
        rows.Reset(1);
        rows.Float32.Fill(0.5f);
        var golden = new GoldenRows(rows, [fixture.RunEngine([0.5f, 0.5f], 1)[0] + 1]);

        var description = KernelLoader.Default.Load(KernelUse.Auto, fixture.Request, fixture.Session, golden);

        Assert.Equal("Expected a kernel to answer as the golden rows say, but it differs in row 0 of 1.", description.Reason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Load_KernelThatFails_IsNotUsed(bool whenItRuns)
    {
        using var fixture = new KernelFixture(NetworkKernelTests.Network([8, 1], "Relu", "Sigmoid"), "y");
        var right = fixture.Recognise();
        KernelProgram Fail(KernelRequest request) => whenItRuns ? right with { Steps = [new FaultyStep(right.Output, "fails")] } : throw new InvalidDataException("Beyond the end.");

        var description = new KernelLoader(Fail).Load(KernelUse.Auto, fixture.Request, fixture.Session, golden: null);

        Assert.Equal("Expected a kernel to be made of the graph, but that failed: Beyond the end.", description.Reason);
        AssertServes(fixture, isKernel: false);
    }

    [Fact]
    public void Load_OnAnotherAccelerator_IsNotTried()
    {
        using var fixture = new KernelFixture(NetworkKernelTests.Network([2, 1], "Relu", null), "y");
        var session = new ElsewhereSession();

        var description = KernelLoader.Default.Load(KernelUse.Auto, fixture.Request, session, golden: null);

        Assert.Equal("Kernels run on the processor, and the model on Cuda.", description.Reason);
    }

    [Fact]
    public void Serves_BetweenMeasuredSizes_NeedsBoth()
    {
        var description = new KernelDescription(KernelKind.Trees, null, [Timing(1, false), Timing(4, true), Timing(16, true), Timing(64, false)], 1000);

        Assert.Equal([false, false, false, true, true, true, false, false, false], new[] { 1, 2, 3, 4, 9, 16, 17, 64, 1000 }.Select(description.Serves));

        static KernelTiming Timing(int rows, bool isFaster) => new(rows, 100, isFaster ? 10 : 100, isFaster);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    public async Task Predict_ThroughAKernel_AllocatesNothing(int rowCount)
    {
        using var fixture = new KernelFixture(new TreeGraph { Seed = 1, Features = 32, Trees = 50 }.ToOnnx(), "y");
        var program = fixture.Recognise();
        fixture.Session.Use(new ServedKernel(program, new KernelDescription(KernelKind.Trees, null, [new KernelTiming(1, 2, 1, true)], 0)));
        using var slot = new InferenceSlot(fixture.Session, fixture.Request.Inputs, new OutputPlans(fixture.Request.Score, []), 0, 300, TimeProvider.System);
        slot.Rows.Reset(rowCount);
        await Task.Yield();

        var allocated = Allocations.OfBestRun(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                slot.Run(interruptible: false, CancellationToken.None);
            }
        });

        Assert.Equal(0, allocated);
    }

    [Fact]
    public void Bind_WithOtherOutputs_IsOnnxRuntimes()
    {
        using var fixture = new KernelFixture(NetworkKernelTests.Network([8, 1], "Relu", null), "y");
        fixture.Session.Use(new ServedKernel(fixture.Recognise(), new KernelDescription(KernelKind.Linear, null, [new KernelTiming(1, 2, 1, true)], 0)));
        var rows = new FeatureRows(fixture.Request.Inputs.Layout, 1);
        InputBuffer[] buffers = [.. fixture.Request.Inputs.Inputs.Select(i => InputBuffer.Create(i, rows))];
        var score = new ScoreBuffer(fixture.Request.Score, 1);

        using var alone = fixture.Session.Bind(buffers, [score], 1);
        using var withOthers = fixture.Session.Bind(buffers, [score, score], 1);

        Assert.IsType<KernelShape>(alone);
        Assert.IsType<SessionBoundShape>(withOthers);
    }

    [ReferenceDataFact("golden/onnx/lightgbm_cancer")]
    public void Recognise_LightGbm_AgreesWithOnnxRuntime() => KernelFixture.AssertAgrees(GoldenCase.Open("lightgbm_cancer").Onnx, "probabilities", KernelKind.Trees);

    [ReferenceDataFact("golden/onnx/xgboost_diabetes")]
    public void Recognise_XGBoost_AgreesWithOnnxRuntime() => KernelFixture.AssertAgrees(GoldenCase.Open("xgboost_diabetes").Onnx, "variable", KernelKind.Trees);

    [ReferenceDataFact("golden/onnx/sklearn_iris_forest_strings")]
    public void Recognise_Forest_AgreesWithOnnxRuntime()
        => KernelFixture.AssertAgrees(GoldenCase.Open("sklearn_iris_forest_strings").Onnx, "output_probability", KernelKind.Trees, ModelTask.MulticlassClassification);

    [ReferenceDataFact("golden/onnx/sklearn_diabetes_ridge_double")]
    public void Recognise_Ridge_AgreesWithOnnxRuntime() => KernelFixture.AssertAgrees(GoldenCase.Open("sklearn_diabetes_ridge_double").Onnx, "variable", KernelKind.Linear);

    private static IEqualityComparer<KernelDescription> EngineComparer { get; }
        = EqualityComparer<KernelDescription>.Create((a, b) => a!.Kind == b!.Kind && a.Reason == b.Reason && a.Timings.Count == b.Timings.Count);

    private static void AssertServes(KernelFixture fixture, bool isKernel)
    {
        var rows = new FeatureRows(fixture.Request.Inputs.Layout, 1);
        InputBuffer[] buffers = [.. fixture.Request.Inputs.Inputs.Select(i => InputBuffer.Create(i, rows))];
        using var shape = fixture.Session.Bind(buffers, [new ScoreBuffer(fixture.Request.Score, 1)], 1);
        Assert.Equal(isKernel, shape is KernelShape);
    }

    /// <summary>Spoils the score in one way that a careless kernel might.</summary>
    private sealed class FaultyStep(KernelValue score, string fault) : KernelStep
    {
        public override void Run(KernelMemory memory)
        {
            var scores = memory.Of<float>(score);
            for (var i = 0; i < scores.Length; i++)
            {
                scores[i] = fault switch
                {
                    "weight" => scores[i] * 1.0001f,
                    "missing" => float.IsNaN(scores[i]) ? 0 : scores[i],
                    "fails" => throw new InvalidDataException("Beyond the end."),
                    _ => scores[i] == 1 ? 0.9999f : scores[i],
                };
            }
        }
    }

    private sealed class ElsewhereSession() : ExecutionSession(null, new AcceleratorChoice(Mlp.Runtime.Accelerators.Accelerator.Cuda, null));
}
