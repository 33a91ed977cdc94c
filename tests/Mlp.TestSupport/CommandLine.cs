using System.Diagnostics;

namespace Mlp.TestSupport;

/// <summary>Runs a program to its end and keeps what it printed.</summary>
public static class CommandLine
{
    /// <summary>Runs a program.</summary>
    /// <param name="folder">Working directory.</param>
    /// <param name="environment">Variables to set; a null value removes one.</param>
    /// <param name="program">Program name or path.</param>
    /// <param name="arguments">Arguments, each on its own.</param>
    /// <returns>Exit code and the output, errors included.</returns>
    public static async Task<CommandResult> RunAsync(
        string folder, IReadOnlyDictionary<string, string?> environment, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{program}' did not start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new CommandResult(process.ExitCode, await output + await errors);
    }
}
