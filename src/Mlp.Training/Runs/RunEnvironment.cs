using System.Reflection;
using System.Runtime.InteropServices;

namespace Mlp.Training.Runs;

/// <summary>Where a run took place.</summary>
/// <param name="Machine">Name of the machine.</param>
/// <param name="ProcessId">Process id.</param>
/// <param name="Application">Name of the entry assembly; empty where there is none.</param>
/// <param name="OperatingSystem">Name and version of the operating system.</param>
/// <param name="Architecture">Architecture of the process.</param>
/// <param name="Framework">Version of .NET.</param>
/// <param name="ProcessorCount">Processors that the process may use.</param>
/// <param name="Libraries">Versions of the platform's libraries and of the engines that are loaded, by name.</param>
public sealed record RunEnvironment(
    string Machine, int ProcessId, string Application, string OperatingSystem, string Architecture, string Framework, int ProcessorCount,
    IReadOnlyDictionary<string, string> Libraries)
{
    private static readonly string[] Engines = ["TorchSharp", "Microsoft.ML.OnnxRuntime", "Apache.Arrow", "DuckDB.NET.Data"];

    /// <summary>Reads the environment of this process.</summary>
    internal static RunEnvironment Current() => new(
        System.Environment.MachineName,
        System.Environment.ProcessId,
        Assembly.GetEntryAssembly()?.GetName().Name ?? string.Empty,
        RuntimeInformation.OSDescription,
        RuntimeInformation.ProcessArchitecture.ToString(),
        RuntimeInformation.FrameworkDescription,
        System.Environment.ProcessorCount,
        LoadedLibraries());

    /// <summary>The version of the application's code: the informational version of its entry assembly, which names the commit where the build has stamped it; null where there is none.</summary>
    internal static string? CodeVersion() => Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;

    private static SortedDictionary<string, string> LoadedLibraries()
    {
        var versions = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies())
        {
            var name = assembly.GetName();
            if (name.Name is { } simple && (simple.StartsWith("Mlp.", StringComparison.Ordinal) || Engines.Contains(simple)))
            {
                versions[simple] = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? name.Version?.ToString() ?? string.Empty;
            }
        }

        return versions;
    }
}
