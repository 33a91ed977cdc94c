using Mlp.TestSupport;

namespace Mlp.Spark.Tests.Servers;

/// <summary>The archive of the worker, as <c>dotnet pack src/Mlp.Spark.Worker -c Release -r linux-x64</c> makes it.</summary>
internal static class ShippedWorker
{
    private const string RelativePath = "src/Mlp.Spark.Worker/bin/Release/mlp-spark-worker.linux-x64.tar.gz";

    /// <summary>Path of the archive; null where it was not made.</summary>
    public static string? Path { get; } = Find();

    /// <summary>Why tests that need it are skipped; null where they are not.</summary>
    public static string? Missing => !OperatingSystem.IsLinux() ? "The worker is for Linux." : Path is null ? $"The archive '{RelativePath}' was not made: dotnet pack src/Mlp.Spark.Worker -c Release -r linux-x64." : null;

    private static string? Find() => System.IO.Path.Combine(Repository.Root, RelativePath) is var path && File.Exists(path) ? path : null;
}
