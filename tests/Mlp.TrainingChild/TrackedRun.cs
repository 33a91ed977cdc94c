using System.Globalization;
using Mlp.Runtime.Hosting;
using Mlp.Training.Runs;

namespace Mlp.TrainingChild;

/// <summary>Writes a run until the process is killed, a new one or one that was killed before: prints "id ID", then "durable N" whenever the metric <c>count</c> is on the device up to step N.</summary>
internal static class TrackedRun
{
    private const int StepsPerFlush = 50;

    /// <summary>Writes.</summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="experiment">The experiment.</param>
    /// <param name="killed">The run that was killed; null for a new one.</param>
    /// <param name="print">Told of each flush.</param>
    public static async Task WriteAsync(string directory, string experiment, string? killed, Action<string> print)
    {
        var tracker = new RunTracker(
            new DataDirectory(directory, MlPlatformMode.Reader), new RunTrackerOptions { CommitInterval = TimeSpan.FromMilliseconds(10) });
        var first = killed is null || !(await tracker.ReadAsync(experiment, killed)).Metrics.TryGetValue("count", out var points) ? 1 : points[^1].Step + 1;
        await using var run = killed is null
            ? tracker.Start(new RunDescription(experiment) { Parameters = new Dictionary<string, string> { ["process"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture) } })
            : tracker.Continue(experiment, killed);
        print($"id {run.Id}");
        for (var step = first; ; step++)
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
