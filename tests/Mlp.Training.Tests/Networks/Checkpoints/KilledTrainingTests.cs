using System.Globalization;
using Mlp.TestSupport;

namespace Mlp.Training.Tests.Networks.Checkpoints;

/// <summary>A training whose process is killed again and again ends with the same bits as one that was left alone.</summary>
public sealed class KilledTrainingTests
{
    // 480 training rows in batches of 32, 6 epochs.
    private const int Steps = 15 * 6;

    [Theory]
    [InlineData]
    [InlineData("stream")]
    [InlineData("sgd", "bfloat16")]
    public async Task FitAsync_ProcessKilledAtRandomSteps_EndsWithTheSameWeights(params string[] arguments)
    {
        using var folder = new TempDirectory();
        var whole = await FinishAsync(folder.Combine("whole"), arguments);
        var random = new Random(20_261_128);
        for (var round = 0; round < Math.Max(1, TestRounds.Count / 5); round++)
        {
            var directory = folder.Combine($"killed-{round}");
            var last = 0;
            for (var kill = 0; kill < 3; kill++)
            {
                using var child = Start(directory, arguments);
                var until = random.Next(last + 1, last + (Steps / 4) + 1);
                while (last < until && await child.ReadLineAsync() is { } line && line.StartsWith("step ", StringComparison.Ordinal))
                {
                    last = int.Parse(line.AsSpan(5), CultureInfo.InvariantCulture);
                }

                await child.KillAsync();
            }

            Assert.Equal(whole, await FinishAsync(directory, arguments));
        }
    }

    private static ChildProcess Start(string folder, string[] arguments)
        => ChildProcess.StartAssembly(Path.Combine(AppContext.BaseDirectory, "Mlp.TrainingChild.dll"), [folder, "3", .. arguments]);

    private static async Task<string> FinishAsync(string folder, string[] arguments)
    {
        using var child = Start(folder, arguments);
        var lines = await child.ReadToEndAsync();
        Assert.True(child.ExitCode == 0, await child.ReadErrorsAsync());
        return Assert.Single(lines, l => l.StartsWith("weights ", StringComparison.Ordinal));
    }
}
