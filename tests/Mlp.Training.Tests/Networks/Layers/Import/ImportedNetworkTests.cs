using Mlp.Runtime.Models;
using Mlp.Training.Export;
using Mlp.Training.Interop;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Networks.Layers.Import;
using TorchSharp;
using static TorchSharp.torch;

namespace Mlp.Training.Tests.Networks.Layers.Import;

public sealed class ImportedNetworkTests
{
    public ImportedNetworkTests() => Torch.EnsureLoaded();

    [Fact]
    public void ToOnnx_ConvolutionalSequential_IsProved()
    {
        using var module = nn.Sequential(
            ("conv", nn.Conv2d(3, 8, 3, padding: Padding.Same, dilation: 2, groups: 1, bias: false)),
            ("norm", nn.BatchNorm2d(8)),
            ("act", nn.LeakyReLU(0.2)),
            ("pool", nn.MaxPool2d(3, 2, 1)),
            ("block", nn.Sequential(nn.Conv2d(8, 6, (1, 3), (1, 1), (0, 1)), nn.GroupNorm(2, 6), nn.GELU(), nn.AvgPool2d(2, stride: 1, padding: 1))),
            ("mean", nn.AdaptiveAvgPool2d(3)),
            ("flat", nn.Flatten()),
            ("drop", nn.Dropout(0.3)),
            ("head", nn.Linear(54, 4)),
            ("soft", nn.Softmax(1)));
        using (no_grad())
        {
            module.train();
            for (var i = 0; i < 5; i++)
            {
                // Held, or the finalizer may free the batch while libtorch reads it.
                using var batch = randn(16, 3, 9, 9);
                module.forward(batch).Dispose();
            }
        }

        module.eval();
        var imported = ImportedNetwork.Read(module);
        using var sample = randn(5, 3, 9, 9);

        foreach (var opset in new[] { 17, 21 })
        {
            using var session = new Microsoft.ML.OnnxRuntime.InferenceSession(imported.ToOnnx(sample, new() { Opset = opset }));
            Assert.Equal([-1, 3, 9, 9], session.InputMetadata["input"].Dimensions);
            Assert.Equal([-1, 4], session.OutputMetadata["output"].Dimensions);
        }

        Assert.Equal(["conv", "norm", "act", "pool", "block", "mean", "flat", "drop", "head", "soft"], imported.Layers.Select(l => l.Name));
        Assert.Equal(6, imported.Weights["block.0.bias"].Length);
    }

    [Fact]
    public void ToOnnx_EveryKnownActivation_IsProved()
    {
        using var module = nn.Sequential(
            nn.ReLU6(), nn.ELU(0.5), nn.CELU(0.7), nn.SELU(), nn.GELU(TorchSharp.Modules.GELU.Approximate.tanh), nn.SiLU(), nn.Mish(), nn.Tanh(), nn.Softsign(), nn.Hardswish(), nn.Hardsigmoid(),
            nn.Softplus(), nn.PReLU(7, 0.1), nn.Identity(), nn.LayerNorm(7), nn.BatchNorm1d(7), nn.LogSoftmax(-1), nn.Sigmoid(), nn.Unflatten(1, [7, 1]),
            nn.Conv1d(7, 2, 1), nn.MaxPool1d(1), nn.AdaptiveAvgPool1d(1), nn.Flatten());
        module.eval();
        using var sample = randn(6, 7);

        Assert.NotEmpty(ImportedNetwork.Read(module).ToOnnx(sample));
    }

    [Fact]
    public void ToOnnx_ModuleStillTraining_IsRefused()
    {
        using var module = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5), nn.Linear(4, 2));
        using var sample = randn(50, 4);

        Assert.Contains("Call eval() on the module before", Assert.Throws<ExportRefusedException>(() => ImportedNetwork.Read(module).ToOnnx(sample)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToOnnx_ModuleThatChangedByALittle_IsRefused()
    {
        using var module = nn.Sequential(nn.Linear(4, 2));
        module.eval();
        using var sample = randn(50, 4).abs() + 1;
        var imported = ImportedNetwork.Read(module);
        using (no_grad())
        {
            foreach (var bias in module.named_parameters().Where(p => p.name == "0.bias"))
            {
                bias.parameter.add_(5e-5);
            }
        }

        var error = Assert.Throws<ExportRefusedException>(() => imported.ToOnnx(sample));

        Assert.StartsWith("Expected the exported model to agree with the trained one within 1E-05 (relative to scores above 1), but on real rows output ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(
            " Read the module again if its weights have changed since; if its numbers differ by rounding alone, raise ModuleExportOptions.Tolerance.", error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Proof.MaximumDifference, 1e-5, 6e-5);
        Assert.NotEmpty(imported.ToOnnx(sample, new() { Tolerance = 1e-4 }));
    }

    [Fact]
    public void ToPackage_RegressionInThousands_IsProvedRelativeToTheSpreadOfItsAnswers()
    {
        using var sample = randn([1000, 6], generator: new Generator(1));
        using var great = Great(outputs: 1);
        using var mixed = Great(outputs: 2);
        var regression = new ModelOutput { Task = ModelTask.Regression, ScoreOutput = ImportedNetwork.OutputName };

        var package = ImportedNetwork.Read(great).ToPackage(sample, regression);

        using var answers = great.forward(sample);
        Assert.Equal(answers.std(unbiased: false).item<float>(), package.ExportProof!.LabelScale!.Value, 1e-3 * package.ExportProof.LabelScale.Value);
        Assert.InRange(package.ExportProof.MaximumDifference, 0, 1e-5);
        Assert.True(package.GoldenRows!.Tolerance >= 1e-5);

        // The lesser of two outputs decides, and other tasks have no unit of their own.
        Assert.InRange(ImportedNetwork.Read(mixed).ToPackage(sample, regression, new() { Tolerance = 1 }).ExportProof!.LabelScale!.Value, 1, 10);
        Assert.Null(ImportedNetwork.Read(great).ToPackage(sample, regression with { Task = ModelTask.Ranking }, new() { Tolerance = 1 }).ExportProof!.LabelScale);
        Assert.Contains("within 1E-09 (relative to scores above ", Refusal(), StringComparison.Ordinal);
        Assert.Contains(", the deviation of the module's answers to the sample), but ", Refusal(), StringComparison.Ordinal);

        string Refusal() => Assert.Throws<ExportRefusedException>(() => ImportedNetwork.Read(great).ToPackage(sample, regression, new() { Tolerance = 1e-9 })).Message;

        static TorchSharp.Modules.Sequential Great(int outputs)
        {
            var random = new Generator(2);
            var module = nn.Sequential(nn.Linear(6, 64), nn.Tanh(), nn.Linear(64, outputs));
            using (no_grad())
            {
                foreach (var (name, parameter) in module.named_parameters())
                {
                    using var values = randn(parameter.shape, generator: random) * 0.3;
                    parameter.copy_(values);
                    if (name == "2.weight")
                    {
                        using var first = parameter[0];
                        first.mul_(10_000);
                    }
                }
            }

            module.eval();
            return module;
        }
    }

    [Fact]
    public void ToOnnx_NoFiniteAnswer_IsRefused()
    {
        using var module = nn.Sequential(nn.Linear(6, 8), nn.Linear(8, 2));
        module.eval();
        using var sample = full([4, 6], float.NaN);
        using var half = cat([sample, ones(1, 6)]);

        var error = Assert.Throws<ArgumentException>(() => ImportedNetwork.Read(module).ToOnnx(sample));

        Assert.StartsWith("Expected a sample to which the module has finite answers, but those to all 4 rows are NaN or infinite, and prove nothing.", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(ImportedNetwork.Read(module).ToOnnx(half));
    }

    [Fact]
    public void ToPackage_Lists_HaveFeaturesProofAndGoldenRows()
    {
        using var module = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2), nn.Softmax(1));
        module.eval();
        using var sample = randn(90, 3);

        var package = ImportedNetwork.Read(module).ToPackage(sample, new ModelOutput { Task = ModelTask.MulticlassClassification, ScoreOutput = ImportedNetwork.OutputName, ClassNames = ["a", "b"] });

        Assert.Equal(["input[0]", "input[1]", "input[2]"], package.Features!.Select(f => f.Name));
        var proof = package.ExportProof!;
        Assert.Equal((90, 1e-5), (proof.RowCount, proof.Tolerance));
        Assert.Equal((12, 40), (proof.Missing!.RowCount, proof.Extreme!.RowCount));
        Assert.InRange(proof.Real!.MaximumDifference, 0, 1e-5);
        Assert.Equal((16, 2), (package.GoldenRows!.Count, package.GoldenRows.OutputWidth));
        using var session = new Microsoft.ML.OnnxRuntime.InferenceSession(package.Onnx.ToArray());
        Assert.Contains("\"maximumDifference\"", session.ModelMetadata.CustomMetadataMap["mlp.proof"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task ToPackage_Images_AreServedAsOneVector()
    {
        using var module = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(27, 1));
        module.eval();
        using var sample = randn(20, 2, 5, 5);
        var package = ImportedNetwork.Read(module).ToPackage(sample, new ModelOutput { Task = ModelTask.Regression, ScoreOutput = ImportedNetwork.OutputName });
        using var registry = new TestRegistry();

        var manifest = await registry.Registry.PublishAsync("images", package);

        Assert.Equal(("input", 50), (package.Features!.Single().Name, package.Features!.Single().Length));
        Assert.Equal(20, manifest.ExportProof!.RowCount);
    }

    [Theory]
    [InlineData(2000, 1, 0, "input:2000")]
    [InlineData(4, 1, 0, "input[0]:1 input[1]:1 input[2]:1 input[3]:1")]
    [InlineData(3, 160, 160, "input[0]:65536 input[1]:11264")]
    public void ToPackage_Features_AreAsFewAsHoldARow(int first, int second, int third, string expected)
    {
        using var module = third == 0 ? nn.Sequential(nn.Linear(first, 2)) : nn.Sequential(nn.Conv2d(first, 2, 16, stride: 16), nn.Flatten(), nn.Linear(200, 2));
        module.eval();
        using var sample = third == 0 ? randn(70, first) : randn(2, first, second, third);

        var package = ImportedNetwork.Read(module).ToPackage(sample, new ModelOutput { Task = ModelTask.Regression, ScoreOutput = ImportedNetwork.OutputName }, new() { Tolerance = 1e-4 });

        Assert.Equal(expected, string.Join(' ', package.Features!.Select(f => $"{f.Name}:{f.Length}")));
        Assert.Equal(sample.shape[0], package.ExportProof!.RowCount);
    }

    [Fact]
    public void ToOnnx_SampleThatIsAViewOfAnother_IsReadInItsOrder()
    {
        using var module = nn.Sequential(nn.Linear(3, 2));
        module.eval();
        using var columns = randn(3, 40);
        using var sample = columns.t();

        Assert.NotEmpty(ImportedNetwork.Read(module).ToOnnx(sample));
    }

    [Fact]
    public void ToPackage_ScoreIsAnotherOutput_IsRefused()
    {
        using var module = nn.Sequential(nn.Linear(4, 2));
        using var sample = randn(5, 4);

        var error = Assert.Throws<ArgumentException>(() => ImportedNetwork.Read(module).ToPackage(sample, new ModelOutput { Task = ModelTask.Regression, ScoreOutput = "score" }));

        Assert.StartsWith("Expected the score to be the output 'output', but found 'score'.", error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<Func<nn.Module<Tensor, Tensor>>, string> Unknown => new()
    {
        { () => nn.ConvTranspose2d(3, 3, 3), "Expected a layer that can be exported, but '1' (ConvTranspose2d) cannot: transposed convolutions have no layer here." },
        { () => nn.Conv2d(3, 3, 3, padding: 1, padding_mode: PaddingModes.Reflect), "Expected a layer that can be exported, but '1' (Conv2d) cannot: its padding is 'Reflect', and only zeros are known." },
        { () => nn.Conv1d(3, 3, 2, padding: Padding.Same), "Expected a layer that can be exported, but '1' (Conv1d) cannot: its padding 'same' is larger at one end than at the other." },
        { () => nn.BatchNorm1d(3, track_running_stats: false), "Expected a layer that can be exported, but '1' (BatchNorm1d) cannot: it keeps no running statistics, so that a row's result depends on the other rows." },
        { () => nn.MaxPool2d(2, ceil_mode: true), "Expected a layer that can be exported, but '1' (MaxPool2d) cannot: it rounds sizes up, leaves padding out of means or divides by a number of its own." },
        { () => nn.Softplus(2), "Expected a layer that can be exported, but '1' (Softplus) cannot: its beta is 2 and not 1." },
        { () => nn.Embedding(3, 3), "Expected a layer that can be exported, but '1' (Embedding) cannot: it takes ids and not numbers; define it as Layer.Embedding." },
        { () => new Twice(), "Expected a layer that can be exported, but '1' (Twice) cannot: its kind is not known; define the network by Layer, with the module as Layer.UserModule." },
        { () => nn.Sequential(nn.Flatten(0)), "Expected a layer that can be exported, but '1.0' (Flatten) cannot: it flattens dimension 0, which is the rows, or does not go to the last one." },
    };

    [Theory]
    [MemberData(nameof(Unknown))]
    public void Read_LayerThatCannotBeKnown_IsRefusedByName(Func<nn.Module<Tensor, Tensor>> create, string expected)
    {
        using var module = nn.Sequential(nn.ReLU(), create());

        Assert.Equal(expected, Assert.Throws<NetworkDefinitionException>(() => ImportedNetwork.Read(module)).Message);
    }

    private sealed class Twice() : nn.Module<Tensor, Tensor>("twice")
    {
        public override Tensor forward(Tensor input) => input * 2;
    }
}
