namespace Mlp.Spark.Tests.Servers;

/// <summary>The Python environment that <c>peers/install</c> of the reference data makes: the folder that the variable <c>MLP_PEERS</c> names.</summary>
internal static class PySpark
{
    private const string Variable = "MLP_PEERS";

    /// <summary>The folder; null where it was not named or is no such folder.</summary>
    public static string? Folder { get; } = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } folder && File.Exists(Path.Combine(folder, "python", "pyspark", "__init__.py")) ? folder : null;

    /// <summary>Why tests that need it are skipped; null where they are not.</summary>
    public static string? Missing => Folder is null ? $"PySpark is not there: make it by 'peers/install DIR' of the reference data, and name the folder by {Variable}." : null;
}
