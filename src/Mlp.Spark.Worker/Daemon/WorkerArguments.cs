using System.Diagnostics.CodeAnalysis;

namespace Mlp.Spark.Worker.Daemon;

/// <summary>The command line, which is the one that Spark gives Python.</summary>
internal static class WorkerArguments
{
    /// <summary>
    /// Reads the command line: <c>-m</c>, the name of a Python module, and whatever else (4.0 and later name the worker's module after the daemon's). A module is told by the last part of its name, since its
    /// package is a setting of Spark.
    /// </summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="mode">How to run.</param>
    /// <param name="problem">Why not, in a sentence.</param>
    public static bool TryRead(IReadOnlyList<string> arguments, out WorkerMode mode, [NotNullWhen(false)] out string? problem)
    {
        var module = arguments is ["-m", { } name, ..] ? name : null;
        var last = module?.Split('.')[^1];
        mode = last == "worker" ? WorkerMode.Single : WorkerMode.Daemon;
        problem = last is "daemon" or "worker"
            ? null
            : $"Expected '-m pyspark.daemon' or '-m pyspark.worker', as Spark starts its workers, but found {(module is null ? "another command line" : $"module '{module}', which needs Python")}.";
        return problem is null;
    }
}
