using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Servers;

/// <summary>A fact that needs a real Spark and is skipped, with the reason, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SparkFactAttribute : FactAttribute
{
    public SparkFactAttribute() => Skip = Missing;

    /// <summary>Whether the worker's archive is needed too.</summary>
    public bool ShipsWorker
    {
        get;
        set
        {
            field = value;
            Skip ??= value ? ShippedWorker.Missing : null;
        }
    }

    /// <summary>Whether PySpark is needed too.</summary>
    public bool RunsPySpark
    {
        get;
        set
        {
            field = value;
            Skip ??= value ? PySpark.Missing : null;
        }
    }

    internal static string? Missing { get; } = Find();

    private static string? Find()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "The jars of Spark are for Linux.";
        }

        if (new[] { "spark/start-connect", "spark/3.5.9", "spark/4.3.0" }.FirstOrDefault(f => ReferenceData.Find(f) is null) is { } file)
        {
            return $"The reference file '{file}' is not present on this machine.";
        }

        var folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator);
        var hasJava = Environment.GetEnvironmentVariable("JAVA_HOME") is { Length: > 0 } || folders.Any(f => File.Exists(Path.Combine(f, "java")));
        return !hasJava ? "Spark needs Java 17, which is not installed on this machine." : folders.Any(f => File.Exists(Path.Combine(f, "xz"))) ? null : "The jars of Spark are packed by xz, which is not installed on this machine.";
    }
}
