using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Models;
using Mlp.Training.Networks;
using Mlp.Training.Networks.Checkpoints;
using Mlp.Training.Preprocessing;
using TorchSharp;
using TorchSharp.Modules;
using Tensor = TorchSharp.torch.Tensor;

namespace Mlp.Training.Tests.Networks;

/// <summary>
/// Training of y = w·x + b on squared errors by plain gradient descent, once by the library and once here, in double, from the formulas alone. Fifty rows train in five batches of ten, and
/// twenty validate.
/// </summary>
internal sealed class HandTraining
{
    private const int TrainingCount = 50;
    private const int RowCount = 70;
    private const double FirstWeight = 0.5;

    private readonly NetworkOptions _options;
    private readonly double[] _inputs;
    private readonly double[] _targets;
    private readonly EncodedRows _encoded;
    private readonly LabelledRows _rows;
    private readonly TargetScale _scale;

    private HandTraining(NetworkOptions options, LabelledRows rows, EncodedRows encoded, TargetScale scale)
    {
        (_options, _rows, _encoded, _scale) = (options, rows, encoded, scale);
        var inputs = new float[RowCount];
        encoded.Gather([.. Enumerable.Range(0, RowCount)], inputs);
        _inputs = [.. inputs.Select(x => (double)x)];
        _targets = [.. scale.Apply(rows.Labels).Select(t => (double)t)];
    }

    /// <summary>Weight and bias at the end, by the library.</summary>
    public (double Weight, double Bias) Trained { get; private set; }

    /// <summary>What the library said of each epoch.</summary>
    public IReadOnlyList<TrainingProgress> History { get; private set; } = [];

    /// <summary>Weight and bias that are kept after each epoch (the average where there is one), training loss and validation loss, from the formulas.</summary>
    public List<(double Weight, double Bias, double TrainingLoss, double ValidationLoss)> Expected { get; } = [];

    /// <summary>Trains both ways.</summary>
    /// <param name="change">Changes the settings.</param>
    /// <param name="validates">Whether rows validate.</param>
    /// <param name="skips">Forward passes, from 1, whose output leaves the numbers.</param>
    public static async Task<HandTraining> RunAsync(Action<NetworkOptions> change, bool validates = false, params int[] skips)
    {
        var options = new NetworkOptions { Task = ModelTask.Regression, BatchSize = 10, MaxEpochs = 1, LearningRate = 0.3, WeightDecay = 0, Seed = 5, ValidationShare = 0, EarlyStoppingPatience = 100 };
        (options.Optimizer.Kind, options.Optimizer.Momentum) = (OptimizerKind.Sgd, 0);
        change(options);
        var random = new SeededRandom(9);
        var x = Enumerable.Range(0, RowCount).Select(_ => (float)random.NextDouble()).ToArray();
        var set = new Rows().Float32("x", [.. x.Select(v => (float?)v)]).Label("y", [.. x.Select(v => (8 * v) + (float)random.NextDouble())]).Set("y");
        var rows = await LabelledRows.ReadAsync(set, set.Manifest.Features, RowReading.Numbers, CancellationToken.None);
        var encoded = FeatureEncoding.Learn(rows.Table, TrainingCount, new()).Encode(rows.Table);
        var training = new HandTraining(options, rows, encoded, TargetScale.Learn(rows, TrainingCount, ModelTask.Regression));
        training.ByLibrary(validates, skips);
        training.ByHand(skips);
        return training;
    }

    private void ByLibrary(bool validates, int[] skips)
    {
        var settings = NetworkSettings.From(_options);
        using var network = new Overflowing(skips);
        using var validation = validates
            ? new NetworkValidation(settings, _encoded, TrainingCount, TrainingTargets.Of(_rows, TrainingCount, RowCount - TrainingCount, _scale, []), _scale, 7, 1)
            : null;
        var batches = new MemoryBatches(_encoded, TrainingTargets.Of(_rows, 0, TrainingCount, _scale, []), settings.Options);
        using (var training = new NetworkTraining(network, settings, batches, validation, NullLogger.Instance, TimeProvider.System))
        {
            training.Run(null, new CheckpointIdentity("", null, []), null, CancellationToken.None);
            History = training.Position.History;
            Trained = (network.Inner.Weight[0], network.Inner.Bias[0]);
        }
    }

    private void ByHand(int[] skips)
    {
        var order = new BatchOrder(TrainingCount, [], _options.BatchSize, _options.Seed);
        var (weight, bias, averageWeight, averageBias) = (FirstWeight, 0.0, FirstWeight, 0.0);
        var (pass, steps) = (0, 0);
        for (var epoch = 1; epoch <= _options.MaxEpochs; epoch++)
        {
            var (plan, losses, lossRows) = (order.For(epoch), 0.0, 0);
            for (var first = 0; first < order.BatchCount; first += _options.Optimizer.AccumulationSteps)
            {
                var end = Math.Min(first + _options.Optimizer.AccumulationSteps, order.BatchCount);
                var rows = Enumerable.Range(first, end - first).SelectMany(b => plan.Of(b).ToArray()).ToArray();
                var (before, afterwards) = (pass + 1, pass += end - first);
                if (skips.Any(s => s >= before && s <= afterwards))
                {
                    continue;
                }

                var errors = rows.Select(r => (weight * _inputs[r]) + bias - _targets[r]).ToArray();
                (losses, lossRows) = (losses + errors.Sum(e => e * e), lossRows + rows.Length);
                var (slope, offset) = (2 * errors.Zip(rows, (e, r) => e * _inputs[r]).Average(), 2 * errors.Average());
                if (_options.Optimizer.ClipValue is { } limit)
                {
                    (slope, offset) = (Math.Clamp(slope, -limit, limit), Math.Clamp(offset, -limit, limit));
                }

                var factor = Math.Min(1, (_options.Optimizer.ClipNorm ?? double.PositiveInfinity) / (Math.Sqrt((slope * slope) + (offset * offset)) + 1e-6));
                (weight, bias) = (weight - (_options.LearningRate * factor * slope), bias - (_options.LearningRate * factor * offset));
                steps++;
                var kept = Math.Min(_options.AverageDecay, (1.0 + steps) / (10.0 + steps));
                (averageWeight, averageBias) = _options.AverageDecay == 0 ? (weight, bias) : (averageWeight + ((1 - kept) * (weight - averageWeight)), averageBias + ((1 - kept) * (bias - averageBias)));
            }

            var held = Enumerable.Range(TrainingCount, RowCount - TrainingCount).Average(r => Math.Pow((averageWeight * _inputs[r]) + averageBias - _targets[r], 2));
            Expected.Add((averageWeight, averageBias, losses / lossRows, held));
        }
    }

    /// <summary>A linear layer, some outputs of which leave float16.</summary>
    private sealed class Overflowing(int[] passes) : TrainableNetwork
    {
        private int _pass;
        private bool _isTraining;

        public LinearNetwork Inner { get; } = new(1, 1, (float)FirstWeight);

        public override IReadOnlyList<KeyValuePair<string, Parameter>> Parameters => Inner.Parameters;

        public override IReadOnlyList<KeyValuePair<string, Tensor>> Buffers => [];

        public override IReadOnlyDictionary<string, SeededRandom> Generators => Inner.Generators;

        public override Tensor Forward(Tensor? dense, Tensor? ids, Action<string, Tensor>? observe = null)
        {
            var output = Inner.Forward(dense, ids, observe);
            return _isTraining && passes.Contains(++_pass) ? output.mul(1e6f).mul(1e6f) : output;
        }

        public override void Train() => _isTraining = true;

        public override void Evaluate() => _isTraining = false;

        public override void Dispose() => Inner.Dispose();
    }
}
