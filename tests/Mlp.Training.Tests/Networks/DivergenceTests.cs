using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Models;
using Mlp.Training.Interop;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Checkpoints;
using Mlp.Training.Networks.Layers;
using Mlp.Training.Preprocessing;
using TorchSharp;
using TorchSharp.Modules;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Tests.Networks;

public sealed class DivergenceTests
{
    public DivergenceTests() => Torch.EnsureLoaded();

    [Fact]
    public async Task Run_OutputLeavesTheNumbers_NamesEpochStepAndLayer()
    {
        var error = await DivergesAsync(output => output.exp().mul(float.PositiveInfinity));

        Assert.Equal((1, 1, DivergencePhase.Forward, "link"), (error.Epoch, error.Step, error.Phase, error.Layer));
        Assert.Equal(
            "Expected finite outputs, but those of layer 'link' left the numbers in the forward pass of epoch 1, step 1: try a learning rate below 0.001, or look for extreme features.",
            error.Message);
    }

    [Fact]
    public async Task Run_LossLeavesTheNumbers_SaysSo()
    {
        // The squares of such outputs leave float32.
        var error = await DivergesAsync(output => output.mul(0).add(1e30f));

        Assert.Equal((DivergencePhase.Loss, null), (error.Phase, error.Layer));
        Assert.StartsWith("Expected a finite loss, but it left the numbers in epoch 1, step 1: try a learning rate", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_GradientLeavesTheNumbers_NamesTheParameter()
    {
        // √x is 0 at 0, and its derivative is not finite.
        var error = await DivergesAsync(output => output.sub(output.detach()).sqrt());

        Assert.Equal((DivergencePhase.Gradient, "0.bias"), (error.Phase, error.Layer));
        Assert.Equal(
            "Expected finite gradients, but that of '0.bias' left the numbers in the backward pass of epoch 1, step 1: try a learning rate below 0.001, clip gradients (Optimizer.ClipNorm), or look for extreme labels.",
            error.Message);
    }

    [Fact]
    public async Task Run_GradientLeavesFloat16_LeavesStepsOutAndLowersTheScale()
    {
        var steps = new List<NetworkStep>();
        var options = new NetworkOptions { Precision = NetworkPrecision.Float16, Task = ModelTask.Regression, MaxEpochs = 1, BatchSize = 10, LearningRate = 0.001, ValidationShare = 0 };
        options.Callbacks.Add(new Listener(steps.Add));

        // Times 65,536 the gradient of the widened output is infinite in float16; some halvings later it is not.
        await RunAsync(output => output.to(torch.float16).mul(40).to(torch.float32), options);

        Assert.True(steps[0].IsSkipped);
        Assert.False(steps[^1].IsSkipped);
    }

    [Fact]
    public async Task Run_OutputLeavesFloat16NowAndThen_LeavesThoseStepsOut()
    {
        var steps = new List<NetworkStep>();
        var passes = 0;

        await RunAsync(output => ++passes % 2 == 0 ? output.mul(1e6f) : output, Float16(steps));

        Assert.Equal(Enumerable.Range(1, 20).Select(step => step % 2 == 0), steps.Select(s => s.IsSkipped));
        Assert.All(steps, s => Assert.Equal(s.IsSkipped, double.IsNaN(s.Loss)));
    }

    [Fact]
    public async Task Run_OutputLeavesFloat16Always_NamesTheLayerAfterSomeSteps()
    {
        var steps = new List<NetworkStep>();

        // In float32 such outputs are numbers, so a second look in float32 would find no layer.
        var error = await Assert.ThrowsAsync<TrainingDivergedException>(() => RunAsync(output => output.mul(1e6f), Float16(steps)));

        Assert.Equal((1, 17, DivergencePhase.Forward, "link"), (error.Epoch, error.Step, error.Phase, error.Layer));
        Assert.Equal(16, steps.Count);
    }

    [Fact]
    public async Task FitAsync_OutputLeavesFloat16Once_SpoilsNoRunningStatistics()
    {
        var options = new NetworkOptions { Precision = NetworkPrecision.Float16, MaxEpochs = 2, BatchSize = 50 };
        options.Definition = new(Layer.Linear(4), Layer.UserModule("test.overflow", () => new OverflowsOnce()), Layer.BatchNorm(), Layer.Output());
        var rows = SyntheticRows.Create(300, seed: 4);

        using var network = await new NetworkTrainer(options).FitAsync(rows);

        Assert.All(network.Predict(await SyntheticRows.BatchOf(rows)), p => Assert.InRange(p, 0, 1));
    }

    private static NetworkOptions Float16(List<NetworkStep> steps)
    {
        var options = new NetworkOptions { Precision = NetworkPrecision.Float16, Task = ModelTask.Regression, MaxEpochs = 1, BatchSize = 10, LearningRate = 0.001, ValidationShare = 0 };
        options.Callbacks.Add(new Listener(steps.Add));
        return options;
    }

    private static Task<TrainingDivergedException> DivergesAsync(Func<Tensor, Tensor> link)
        => Assert.ThrowsAsync<TrainingDivergedException>(
            () => RunAsync(link, new NetworkOptions { Task = ModelTask.Regression, MaxEpochs = 1, BatchSize = 10, LearningRate = 0.001, ValidationShare = 0 }));

    private static async Task RunAsync(Func<Tensor, Tensor> link, NetworkOptions options)
    {
        var set = new Rows().Float32("x", [.. Enumerable.Range(0, 200).Select(i => (float?)i)]).Label("y", [.. Enumerable.Range(0, 200).Select(i => (float)i)]).Set("y");
        var rows = await LabelledRows.ReadAsync(set, set.Manifest.Features, RowReading.Numbers, CancellationToken.None);
        var encoded = FeatureEncoding.Learn(rows.Table, 200, new()).Encode(rows.Table);
        var settings = NetworkSettings.From(options);
        var scale = TargetScale.Learn(rows, 200, ModelTask.Regression);
        using var network = new Linked(link);
        using var training = new NetworkTraining(network, settings, new MemoryBatches(encoded, TrainingTargets.Of(rows, 0, 200, scale, []), settings.Options), null, NullLogger.Instance, TimeProvider.System);
        training.Run(null, new CheckpointIdentity("", null, []), null, CancellationToken.None);
    }

    private sealed class Listener(Action<NetworkStep> told) : INetworkCallback
    {
        public void StepEnded(in NetworkStep step, NetworkTrainingControl control) => told(step);
    }

    private sealed class Linked(Func<Tensor, Tensor> link) : TrainableNetwork
    {
        private readonly LinearNetwork _inner = new(1, 1, 0.5f);

        public override IReadOnlyList<KeyValuePair<string, Parameter>> Parameters => _inner.Parameters;

        public override IReadOnlyList<KeyValuePair<string, Tensor>> Buffers => [];

        public override IReadOnlyDictionary<string, SeededRandom> Generators => _inner.Generators;

        public override Tensor Forward(Tensor? dense, Tensor? ids, Action<string, Tensor>? observe = null)
        {
            var output = link(_inner.Forward(dense, ids, observe));
            observe?.Invoke("link", output);
            return output;
        }

        public override void Train()
        {
        }

        public override void Evaluate()
        {
        }

        public override void Dispose() => _inner.Dispose();
    }

    private sealed class OverflowsOnce : IUserModule
    {
        private bool _isOver;

        public TensorShape InferShape(TensorShape input) => input;

        public IReadOnlyList<UserWeight> Weights(TensorShape input) => [];

        public void Build(TensorShape input, IReadOnlyDictionary<string, Tensor> weights)
        {
        }

        public Tensor Forward(Tensor input, bool isTraining)
        {
            var factor = isTraining && !_isOver ? 1e6f : 1;
            _isOver |= isTraining;
            return input.to(torch.float16).mul(factor).to(torch.float32);
        }

        public void Dispose()
        {
        }
    }
}
