using System.Globalization;
using Mlp.TestSupport;
using Mlp.Training.Networks;
using TorchSharp;

namespace Mlp.Training.Tests.Networks;

/// <summary>Steps leave nothing behind. The full number of steps is the soak program's (<c>training-soak</c>).</summary>
public sealed class TrainingMemoryTests
{
    [Theory]
    [InlineData(NetworkPrecision.Float32)]
    [InlineData(NetworkPrecision.BFloat16)]
    public async Task FitAsync_ManySteps_KeepNoTensorsAlive(NetworkPrecision precision)
    {
        var options = new NetworkOptions { HiddenLayers = [8], BatchSize = 16, MaxEpochs = 20, EarlyStoppingPatience = 20, Precision = precision, AverageDecay = 0.9 };
        var tensors = new TensorCounter();
        options.Callbacks.Add(tensors);

        (await new NetworkTrainer(options).FitAsync(SyntheticRows.Create(400, seed: 1))).Dispose();

        Assert.Equal(400, tensors.Counts.Count);
        Assert.All(tensors.Counts.Skip(1), c => Assert.Equal(tensors.Counts[1], c));
    }

    [LinuxFact]
    public async Task FitAsync_ThousandsOfSteps_KeepTheMemoryOfTheProcess()
    {
        using var child = ChildProcess.StartAssembly(Path.Combine(AppContext.BaseDirectory, "Mlp.TrainingChild.dll"), "memory", "3000", "500");

        var readings = (await child.ReadToEndAsync()).Select(l => double.Parse(l.Split(' ')[1], CultureInfo.InvariantCulture)).ToList();

        Assert.True(child.ExitCode == 0, await child.ReadErrorsAsync());
        Assert.Equal(6, readings.Count);
        Assert.True(readings[^1] <= 1.05 * readings[0], string.Join(", ", readings));
    }

    private sealed class TensorCounter : INetworkCallback
    {
        public List<long> Counts { get; } = [];

        public void StepEnded(in NetworkStep step, NetworkTrainingControl control) => Counts.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
