using System.Runtime.InteropServices;
using Microsoft.Extensions.Time.Testing;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Tests.Distributed.Launch;

/// <summary>Ranks that are processes of their own: the child of the training tests.</summary>
internal static class ChildRanks
{
    /// <summary>The .NET that runs the tests.</summary>
    public static string Dotnet { get; } = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    /// <summary>Arguments of one rank.</summary>
    public static string[] Arguments(params string[] mode) => ["exec", Path.Combine(AppContext.BaseDirectory, "Mlp.TrainingChild.dll"), "rank", .. mode];

    /// <summary>Arguments of one rank that calls RunAsync of a type of these tests, with what they stand on.</summary>
    public static string[] Program(Type program, params string[] arguments)
    {
        var tests = Path.Combine(AppContext.BaseDirectory, program.Assembly.GetName().Name!);
        return
        [
            "exec", "--depsfile", $"{tests}.deps.json", "--runtimeconfig", $"{tests}.runtimeconfig.json", Path.Combine(AppContext.BaseDirectory, "Mlp.TrainingChild.dll"),
            "program", program.AssemblyQualifiedName!, .. arguments,
        ];
    }

    /// <summary>Starts ranks by the local launcher.</summary>
    /// <returns>How they ended and what they printed.</returns>
    public static Task<(LaunchResult Result, string[] Lines)> RunAsync(int worldSize, bool sharesMemory, params string[] mode)
        => RunAsync(worldSize, sharesMemory, ReductionAlgorithm.Auto, mode);

    /// <summary>Starts ranks whose values take a way. What does not end by itself is ended when all others have told how they failed.</summary>
    public static async Task<(LaunchResult Result, string[] Lines)> RunAsync(int worldSize, bool sharesMemory, ReductionAlgorithm algorithm, params string[] mode)
    {
        using var output = new StringWriter();
        var clock = new FakeTimeProvider();
        var options = new LocalLauncherOptions { Program = Dotnet, Arguments = Arguments(mode), Output = output, ErrorOutput = output };
        options.Variables["MLP_CHILD_SOCKETS"] = sharesMemory ? null : "1";
        options.Variables["MLP_CHILD_ALGORITHM"] = algorithm.ToString();
        var running = LocalLauncher.RunAsync(worldSize, options, clock);
        while (await Task.WhenAny(running, Task.Delay(20)) != running)
        {
            if (Lines().Count(l => l.Contains("] failed ", StringComparison.Ordinal)) >= worldSize - 1)
            {
                clock.Advance(options.GracePeriod);
            }
        }

        return (await running, Lines());

        string[] Lines()
        {
            lock (output)
            {
                return output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            }
        }
    }
}
