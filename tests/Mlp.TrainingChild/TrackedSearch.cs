using System.Globalization;
using Mlp.Runtime.Hosting;
using Mlp.Training.Runs;
using Mlp.Training.Search;

namespace Mlp.TrainingChild;

/// <summary>The same search in every process.</summary>
internal static class TrackedSearch
{
    /// <summary>Runs it, and prints "trial N" when a trial begins, and at the end a line per trial with its number, settings and value.</summary>
    /// <param name="directory">The data directory.</param>
    /// <param name="print">Told of each trial.</param>
    public static async Task RunAsync(string directory, Action<string> print)
    {
        var tracker = new RunTracker(new DataDirectory(directory, MlPlatformMode.Reader));
        var space = new SearchSpace().Uniform("x", -1, 1).Choice("c", "a", "b").When("c", "b", s => s.Int("n", 1, 9));
        var search = new HyperparameterSearch(tracker, "kills", "search", space, new SearchOptions { TrialCount = 30, Parallelism = 3, Seed = 4 });
        var result = await search.RunAsync((trial, _) =>
        {
            print(string.Create(CultureInfo.InvariantCulture, $"trial {trial.Number}"));
            return Task.FromResult(Math.Abs(trial.Parameters.GetDouble("x")));
        });
        foreach (var trial in result.Trials)
        {
            print(string.Create(CultureInfo.InvariantCulture, $"result {trial.Number} {string.Join(' ', trial.Parameters.Values.OrderBy(v => v.Key, StringComparer.Ordinal))} {trial.Value:R}"));
        }
    }
}
