namespace Mlp.Integration.Tests.Metrics;

/// <summary>A fact that needs Prometheus and its tool, skipped where they are not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PrometheusFactAttribute : FactAttribute
{
    /// <summary>Creates the attribute.</summary>
    public PrometheusFactAttribute()
    {
        if (Missing() is { } program)
        {
            Skip = $"The program '{program}' is not installed on this machine (Debian's package prometheus).";
        }
    }

    private static string? Missing()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return new[] { "prometheus", "promtool" }.FirstOrDefault(program => !folders.Any(folder => File.Exists(Path.Combine(folder, program))));
    }
}
