using System.Runtime.InteropServices;

namespace Mlp.Spark.Tests.Functions;

/// <summary>A fact that builds a native library, skipped where there is no <c>gcc</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class GccFactAttribute : FactAttribute
{
    /// <summary>The compiler.</summary>
    public const string Compiler = "gcc";

    /// <summary>Creates the attribute.</summary>
    public GccFactAttribute()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            Skip = "This test needs Linux on x64.";
        }
        else if (!(Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Any(folder => File.Exists(Path.Combine(folder, Compiler))))
        {
            Skip = $"This test needs {Compiler}, which is not on the path.";
        }
    }
}
