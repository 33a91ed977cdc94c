using Mlp.Runtime.Models;
using Mlp.Training.Interop;
using Mlp.Training.Networks;
using Mlp.Training.Preprocessing;
using TorchSharp;

namespace Mlp.Training.Tests.Networks;

public sealed class NetworkLossTests
{
    private static readonly float[] Outputs = [0.3f, -1.2f, 2.5f, 0.1f];

    public NetworkLossTests() => Torch.EnsureLoaded();

    public static TheoryData<NetworkLossKind, Func<double, double, double>> RowLosses => new()
    {
        { NetworkLossKind.SquaredError, (output, target) => (output - target) * (output - target) },
        { NetworkLossKind.Huber, (output, target) => Math.Abs(output - target) <= 0.5 ? (output - target) * (output - target) / 2 : 0.5 * (Math.Abs(output - target) - 0.25) },
        { NetworkLossKind.Quantile, (output, target) => Math.Max(0.8 * (target - output), -0.2 * (target - output)) },
    };

    [Theory]
    [MemberData(nameof(RowLosses))]
    public async Task Compute_Regression_IsTheWeightedMeanOfTheFormula(NetworkLossKind kind, Func<double, double, double> formula)
    {
        var options = new NetworkOptions { Task = ModelTask.Regression, Loss = { Kind = kind, HuberDelta = kind == NetworkLossKind.Huber ? 0.5 : 1, Quantile = kind == NetworkLossKind.Quantile ? 0.8 : 0.5 } };
        float[] targets = [0.5f, 0.5f, -1, 4], weights = [1, 3, 0, 2];

        var plain = Outputs.Zip(targets, (o, t) => formula(o, t)).Average();
        var weighted = Outputs.Zip(targets, (o, t) => formula(o, t)).Zip(weights, (l, w) => l * w / 1.5).Average();

        Assert.Equal(plain, await LossAsync(options, targets, null), 1e-6);
        Assert.Equal(weighted, await LossAsync(options, targets, weights), 1e-6);
    }

    [Fact]
    public async Task Compute_LogLoss_IsSmoothedInTrainingOnly()
    {
        var options = new NetworkOptions { Loss = { LabelSmoothing = 0.2 } };
        float[] targets = [1, 0, 1, 0];
        double Expected(double smoothing) => Outputs.Zip(targets, (o, t) => (t * (1 - smoothing)) + (smoothing / 2) is var p ? -(p * Math.Log(1 / (1 + Math.Exp(-o)))) - ((1 - p) * Math.Log(1 / (1 + Math.Exp(o)))) : 0).Average();

        Assert.Equal(Expected(0.2), await LossAsync(options, targets, null), 1e-6);
        Assert.Equal(Expected(0), await LossAsync(options, targets, null, isTraining: false), 1e-6);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    public async Task Compute_SeveralClasses_IsTheSmoothedCrossEntropy(double smoothing)
    {
        var options = new NetworkOptions { Task = ModelTask.MulticlassClassification, Loss = { LabelSmoothing = smoothing } };
        float[] targets = [2, 0, 1, 2], weights = [1, 2, 3, 2];
        float[] outputs = [0.1f, 0.5f, -1, 2, 1, 0, 0, 0.4f, 0.2f, -3, 3, 1];
        var losses = Enumerable.Range(0, 4).Select(row =>
        {
            var logits = outputs.Skip(row * 3).Take(3).Select(v => (double)v).ToArray();
            var total = Math.Log(logits.Sum(Math.Exp));
            return -((1 - smoothing) * (logits[(int)targets[row]] - total)) - (smoothing * logits.Average(l => l - total));
        }).ToArray();

        Assert.Equal(losses.Average(), await LossAsync(options, targets, null, outputs: outputs), 1e-6);
        Assert.Equal(losses.Zip(weights, (l, w) => l * w / 2).Average(), await LossAsync(options, targets, weights, outputs: outputs), 1e-6);
    }

    private static async Task<double> LossAsync(NetworkOptions options, float[] labels, float[]? weights, bool isTraining = true, float[]? outputs = null)
    {
        using var scope = torch.NewDisposeScope();
        var rows = new Rows().Float32("x", [.. labels.Select(_ => (float?)1)]).Label("y", labels);
        if (weights is not null)
        {
            rows.Other("w", new Apache.Arrow.FloatArray.Builder().AppendRange(weights).Build());
        }

        var plain = rows.Set("y");
        var set = weights is null ? (Mlp.Runtime.Data.ITrainingSet)plain : new ChangedTrainingSet(plain, m => m with { WeightColumn = "w" });
        var read = await LabelledRows.ReadAsync(set, set.Manifest.Features, new RowReading { Task = ModelTask.Regression, TakesWeights = true }, CancellationToken.None);
        var targets = TrainingTargets.Of(read, 0, labels.Length, new TargetScale(1, 0), []);
        var isClasses = options.Task == ModelTask.MulticlassClassification;
        using var batch = new TrainingBatch(labels.Length, 1, 0, isClasses, weights is not null);
        batch.Gather(FeatureEncoding.Learn(read.Table, labels.Length, new()).Encode(read.Table), targets, [.. Enumerable.Range(0, labels.Length)]);
        outputs ??= Outputs;
        var (loss, share) = NetworkLoss.Create(NetworkSettings.From(options), targets, isTraining).Compute(torch.tensor(outputs, [labels.Length, outputs.Length / labels.Length]), batch);
        Assert.Equal(labels.Length, share);
        return loss.item<float>();
    }
}
