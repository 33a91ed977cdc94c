using Mlp.Training.Interop;
using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Networks;

/// <summary>What the loop does with gradients and weights, against formulas that are computed beside it.</summary>
public sealed class HandTrainingTests
{
    public HandTrainingTests() => Torch.EnsureLoaded();

    public static TheoryData<string, Action<NetworkOptions>, double> Steps => new()
    {
        { "plain", o => o.MaxEpochs = 3, 1e-5 },

        // Five batches in steps of two: the last step has one, whose rows are all that count there.
        { "accumulation", o => (o.Optimizer.AccumulationSteps, o.MaxEpochs) = (2, 3), 1e-5 },
        { "norm", o => o.Optimizer.ClipNorm = 0.05, 1e-5 },

        // Values are cut first, and the norm is that of what is left: 0.01·√2 is below 0.02, so that nothing is scaled.
        { "value, then norm", o => (o.Optimizer.ClipValue, o.Optimizer.ClipNorm) = (0.01, 0.02), 1e-5 },
        { "value, then a smaller norm", o => (o.Optimizer.ClipValue, o.Optimizer.ClipNorm) = (0.05, 0.01), 1e-5 },
        { "average", o => (o.AverageDecay, o.MaxEpochs) = (0.99, 2), 1e-5 },
        { "average of few", o => o.AverageDecay = 0.2, 1e-5 },

        // Adam divides gradients by their size; plain descent shows whether they were scaled back.
        { "float16", o => (o.Precision, o.MaxEpochs) = (NetworkPrecision.Float16, 2), 5e-3 },
        { "float16, accumulated", o => (o.Precision, o.Optimizer.AccumulationSteps) = (NetworkPrecision.Float16, 2), 5e-3 },
        { "bfloat16", o => (o.Precision, o.MaxEpochs) = (NetworkPrecision.BFloat16, 2), 3e-2 },
    };

    [Theory]
    [MemberData(nameof(Steps))]
    public async Task Run_WithoutValidation_GivesTheWeightsOfTheFormulas(string name, Action<NetworkOptions> change, double tolerance)
    {
        var training = await HandTraining.RunAsync(change);

        var (weight, bias, _, _) = training.Expected[^1];
        Assert.True(Math.Abs(weight - training.Trained.Weight) <= tolerance && Math.Abs(bias - training.Trained.Bias) <= tolerance, $"{name}: {training.Trained} and {(weight, bias)}");
        Assert.All(training.Expected.Zip(training.History), p => Assert.Equal(p.First.TrainingLoss, p.Second.TrainingLoss!.Value, tolerance));
    }

    [Fact]
    public async Task Run_StepLeftOut_MovesNeitherWeightsNorTheirAverage()
    {
        // The average is behind the weights of the only step; each further look at them would bring it nearer.
        var training = await HandTraining.RunAsync(o => (o.Precision, o.AverageDecay, o.LearningRate) = (NetworkPrecision.Float16, 0.6, 0.4), validates: false, 2, 3, 4, 5);

        Assert.Equal(training.Expected[^1].Weight, training.Trained.Weight, 2e-3);
        Assert.Equal(training.Expected[^1].Bias, training.Trained.Bias, 2e-3);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.9)]
    public async Task Run_Validation_MeasuresAndKeepsTheAverage(double decay)
    {
        var training = await HandTraining.RunAsync(o => (o.AverageDecay, o.MaxEpochs) = (decay, 4), validates: true);

        Assert.All(training.Expected.Zip(training.History), p => Assert.Equal(p.First.ValidationLoss, p.Second.ValidationLoss!.Value, 1e-5));
        var (weight, bias, _, _) = training.Expected.MinBy(e => e.ValidationLoss);
        Assert.Equal(weight, training.Trained.Weight, 1e-5);
        Assert.Equal(bias, training.Trained.Bias, 1e-5);
    }

    [Fact]
    public async Task Run_ImprovementTooSmallToCount_KeepsTheBestWeightsAllTheSame()
    {
        var training = await HandTraining.RunAsync(o => (o.MinimumImprovement, o.MaxEpochs, o.LearningRate) = (10, 4, 0.01), validates: true);

        Assert.Equal(training.Expected.Count, training.History[^1].BestEpoch);
        Assert.Equal(training.Expected[^1].Weight, training.Trained.Weight, 1e-5);
    }
}
