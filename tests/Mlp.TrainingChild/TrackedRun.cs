using System.Globalization;
using Mlp.Runtime.Hosting;
using Mlp.Training.Runs;

namespace Mlp.TrainingChild;

/// <summary>Writes a run until the process is killed: prints "id ID", then "durable N" whenever the metric <c>count</c> is on the device up to step N.</summary>
internal static class TrackedRun
{
    private const int StepsPerFlush = 50;

    /// <summary>Writes.</summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="experiment">The experiment.</param>
    /// <param name="print">Told of each flush.</param>
    public static async Task WriteAsync(string directory, string experiment, Action<string> print)
    {
        var tracker = new RunTracker(
            new DataDirectory(directory, MlPlatformMode.Reader), new RunTrackerOptions { CommitInterval = TimeSpan.FromMilliseconds(10) });
        await using var run = tracker.Start(new RunDescription(experiment) { Parameters = new Dictionary<string, string> { ["process"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture) } });
        print($"id {run.Id}");
        for (var step = 1L; ; step++)
        {
            run.LogMetric("count", step * 0.5, step);
            if (step % StepsPerFlush == 0)
            {
                await run.LogArtifactAsync($"steps/{step}.txt", new MemoryStream(BitConverter.GetBytes(step)));
                print(string.Create(CultureInfo.InvariantCulture, $"durable {step}"));
            }
        }
    }
}
