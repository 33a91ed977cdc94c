namespace Mlp.Spark.Artifacts;

/// <summary>The worker as it travels.</summary>
internal static class WorkerArchive
{
    /// <summary>Name of the executable within the archive.</summary>
    public const string Executable = "mlp-spark-worker";

    /// <summary>Name of the file that the package puts beside the application.</summary>
    public const string FileName = "mlp-spark-worker.linux-x64.tar.gz";

    /// <summary>The folder into which the archive is unpacked on executors.</summary>
    public const string ExecutorFolder = "mlp";

    /// <summary>Where executors find the executable then.</summary>
    public const string ExecutorPath = $"{ExecutorFolder}/{Executable}";

    private const string Package = "Mlp.Spark.Worker.linux-x64";

    /// <summary>Finds the archive.</summary>
    /// <param name="path">Where the user has said that it is; null for beside the application.</param>
    /// <exception cref="WorkerNotFoundException">It is not there.</exception>
    public static string Find(string? path)
    {
        var wanted = path ?? Path.Combine(AppContext.BaseDirectory, FileName);
        if (File.Exists(wanted))
        {
            return wanted;
        }

        var advice = path is null
            ? $"add the package {Package}, or say where a worker is installed on the executors by {nameof(Connect.SparkSessionOptions)}.{nameof(Connect.SparkSessionOptions.WorkerPath)}"
            : $"the package {Package} brings it";
        throw new WorkerNotFoundException($"Expected the archive of the Spark worker at '{wanted}', but found none: {advice}.", wanted);
    }
}
