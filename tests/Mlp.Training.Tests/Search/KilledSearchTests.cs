using Mlp.Runtime.Hosting;
using Mlp.TestSupport;
using Mlp.Training.Runs;

namespace Mlp.Training.Tests.Search;

/// <summary>A search whose process is killed again and again ends with the same trials as one that was left alone.</summary>
public sealed class KilledSearchTests
{
    [Fact]
    public async Task RunAsync_ProcessKilledAtRandomTrials_EndsWithTheSameTrials()
    {
        using var folder = new TempDirectory();
        var whole = await FinishAsync(folder.Combine("whole"));
        Assert.Equal(30, whole.Count);
        var random = new Random(11);
        for (var round = 0; round < Math.Max(1, TestRounds.Count / 5); round++)
        {
            var directory = folder.Combine($"killed-{round}");
            for (var kill = 0; kill < 3; kill++)
            {
                using var child = Start(directory);
                for (var lines = random.Next(1, 9); lines > 0; lines--)
                {
                    await child.ReadLineAsync();
                }

                await child.KillAsync();
            }

            Assert.Equal(whole, await FinishAsync(directory));
            var runs = await new RunTracker(new DataDirectory(directory, MlPlatformMode.Reader)).ListAsync("kills");
            Assert.Equal(30, runs.Count(r => r.Status == RunStatus.Finished));
            Assert.All(runs, r => Assert.Contains(r.Status, new[] { RunStatus.Finished, RunStatus.Killed }));
        }
    }

    private static ChildProcess Start(string directory) => ChildProcess.StartAssembly(Path.Combine(AppContext.BaseDirectory, "Mlp.TrainingChild.dll"), "search", directory);

    private static async Task<List<string>> FinishAsync(string directory)
    {
        using var child = Start(directory);
        var lines = await child.ReadToEndAsync();
        Assert.True(child.ExitCode == 0, await child.ReadErrorsAsync());
        return [.. lines.Where(l => l.StartsWith("result ", StringComparison.Ordinal))];
    }
}
