using System.Diagnostics.CodeAnalysis;

namespace Mlp.Spark.Worker.Protocol;

/// <summary>The layouts as people and the environment name them.</summary>
internal static class ProtocolVersionNames
{
    /// <summary>The environment variable that says which layout Spark sends, where the worker shall not find out.</summary>
    public const string Variable = "MLP_SPARK_PROTOCOL";

    private static readonly string[] All = ["3.5", "4.0", "4.1", "4.2", "4.3"];

    /// <summary>The name of a layout.</summary>
    /// <param name="version">The layout.</param>
    public static string NameOf(ProtocolVersion version) => All[(int)version];

    /// <summary>Reads the value of <see cref="Variable"/>.</summary>
    /// <param name="value">The value; null or empty for none.</param>
    /// <param name="version">The layout; null for the one that the bytes show.</param>
    /// <param name="problem">Why it is none.</param>
    public static bool TryRead(string? value, out ProtocolVersion? version, [NotNullWhen(false)] out string? problem)
    {
        version = null;
        problem = null;
        if (string.IsNullOrWhiteSpace(value))
        {
            return true;
        }

        var index = Array.IndexOf(All, value.Trim());
        version = index < 0 ? null : (ProtocolVersion)index;
        problem = index < 0 ? $"Expected {Variable} to be one of {string.Join(", ", All)} or absent, but it is '{value}'." : null;
        return index >= 0;
    }
}
