using System.Runtime.InteropServices;
using Mlp.Training.Distributed.Launch;

namespace Mlp.TrainingChild;

/// <summary>Launches ranks of this program that print their process ids and then reduce on and on ("rank reduce").</summary>
internal static class LauncherRun
{
    /// <summary>Runs until the ranks end.</summary>
    /// <param name="worldSize">Ranks.</param>
    public static Task RunAsync(int worldSize)
    {
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        return LocalLauncher.RunAsync(worldSize, new() { Program = dotnet, Arguments = ["exec", typeof(LauncherRun).Assembly.Location, "rank", "reduce", "-1", "-1"] });
    }
}
