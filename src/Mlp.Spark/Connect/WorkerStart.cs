using System.Text.RegularExpressions;
using Mlp.Spark.Artifacts;

namespace Mlp.Spark.Connect;

/// <summary>Tells from Spark's text that executors could not start the worker.</summary>
internal static partial class WorkerStart
{
    private const int MaximumLines = 3;

    /// <summary>What Spark says where a program runs that is no worker: it has ended, has said another thing than its port, or does not connect.</summary>
    private static readonly string[] NoAnswer = ["reading the port number from", "'s standard output. Invalid port number", "worker failed to connect back"];

    /// <summary>A sentence about it.</summary>
    /// <param name="text">What Spark says.</param>
    /// <param name="workerPath">Where the worker is said to be; null where it travels with the session.</param>
    /// <returns>The sentence; null where Spark speaks of something else.</returns>
    public static string? Explain(string text, string? workerPath)
    {
        var worker = workerPath is null
            ? $"the worker '{WorkerArchive.ExecutorPath}', which travels with the session"
            : $"the worker '{workerPath}', which {nameof(SparkSessionOptions)}.{nameof(SparkSessionOptions.WorkerPath)} names";
        if (NotStarted().Match(text) is { Success: true } found && found.Groups["program"].Value == (workerPath ?? WorkerArchive.ExecutorPath))
        {
            return $"Expected executors to start {worker}, but they cannot: {found.Groups["cause"].Value}.";
        }

        return NoAnswer.Any(part => text.Contains(part, StringComparison.Ordinal))
            ? $"Expected executors to start {worker}, but that program does not answer as a worker does{Describe(StandardError().Match(text).Groups["lines"].Value)}."
            : null;
    }

    private static string Describe(string standardError)
    {
        var lines = standardError.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Take(MaximumLines).ToList();
        return lines.Count == 0 ? string.Empty : $"; it writes: {string.Join("; ", lines).TrimEnd('.')}";
    }

    [GeneratedRegex("""Cannot run program "(?<program>[^"]*)"(?: \(in directory "[^"]*"\))?: (?<cause>[^\r\n]*)""")]
    private static partial Regex NotStarted();

    [GeneratedRegex("""Error from python worker:(?<lines>.*?)(?:PYTHONPATH was:|$)""", RegexOptions.Singleline)]
    private static partial Regex StandardError();
}
