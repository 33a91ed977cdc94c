using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading.Channels;

namespace Mlp.TestSupport;

/// <summary>A .NET process that a test starts, listens to and kills the hard way.</summary>
public sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly Task<string> _errors;
    private readonly Task _pump;

    private ChildProcess(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.UseShellExecute = false;
        _process = Process.Start(start) ?? throw new InvalidOperationException($"'{start.FileName}' did not start.");
        _errors = _process.StandardError.ReadToEndAsync();
        _pump = PumpAsync(_process.StandardOutput.BaseStream);
    }

    /// <summary>Process id.</summary>
    public int Id => _process.Id;

    /// <summary>Runs a scenario of Mlp.CrashChild, which lies beside the tests that reference its project.</summary>
    /// <param name="scenario">Name of the scenario.</param>
    /// <param name="arguments">Its arguments.</param>
    public static ChildProcess StartScenario(string scenario, params string[] arguments) =>
        StartAssembly(Path.Combine(AppContext.BaseDirectory, "Mlp.CrashChild.dll"), [scenario, .. arguments]);

    /// <summary>Runs an assembly by the same .NET that runs the tests.</summary>
    /// <param name="assembly">Path of the assembly; its runtimeconfig.json lies beside it.</param>
    /// <param name="arguments">Its arguments.</param>
    public static ChildProcess StartAssembly(string assembly, params string[] arguments) =>
        new(new ProcessStartInfo(DotnetHost(), ["exec", assembly, .. arguments]));

    /// <summary>Runs an assembly by the same .NET that runs the tests, with its own variables, as a service would be started.</summary>
    /// <param name="assembly">Path of the assembly; its runtimeconfig.json lies beside it.</param>
    /// <param name="folder">Working directory.</param>
    /// <param name="environment">Variables to set; a null value removes one.</param>
    public static ChildProcess StartService(string assembly, string folder, IReadOnlyDictionary<string, string?> environment)
    {
        var start = new ProcessStartInfo(DotnetHost(), ["exec", assembly]) { WorkingDirectory = folder };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new ChildProcess(start);
    }

    /// <summary>Runs a scenario in a process that cannot write files beyond a size, as if the disk were full then. Unix only.</summary>
    /// <param name="kibibytes">The limit per file.</param>
    /// <param name="scenario">Name of the scenario.</param>
    /// <param name="arguments">Its arguments.</param>
    public static ChildProcess StartScenarioWithFileLimit(int kibibytes, string scenario, params string[] arguments)
    {
        // The signal is ignored, so that the write fails as it does on a full disk. The runtime's double mapping of code is itself a file.
        var script = FormattableString.Invariant($"trap '' XFSZ; ulimit -f {kibibytes}; exec \"$@\"");
        var start = new ProcessStartInfo(
            "/bin/bash",
            ["-c", script, "bash", DotnetHost(), "exec", Path.Combine(AppContext.BaseDirectory, "Mlp.CrashChild.dll"), scenario, .. arguments]);
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        return new ChildProcess(start);
    }

    /// <summary>The next whole line of standard output, or null after the last. Throws when none comes for ten minutes: what a busy machine holds up comes before.</summary>
    public async Task<string?> ReadLineAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        return await _lines.Reader.WaitToReadAsync(patience.Token) && _lines.Reader.TryRead(out var line) ? line : null;
    }

    /// <summary>Kills the process (SIGKILL on Unix: it gets no chance to clean up) and waits for its end.</summary>
    /// <returns>The whole lines that it had printed and that were not read yet. A line cut short by the kill is not among them.</returns>
    public async Task<IReadOnlyList<string>> KillAsync()
    {
        _process.Kill();
        return await ReadToEndAsync();
    }

    /// <summary>Asks the process to stop, as a service manager does (SIGTERM). Unix only.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -TERM {_process.Id}")]);
        await kill.WaitForExitAsync();
        if (kill.ExitCode != 0)
        {
            throw new InvalidOperationException($"Process {_process.Id} could not be signalled.");
        }
    }

    /// <summary>Waits for the end of the process.</summary>
    /// <returns>The lines that were not read yet.</returns>
    public async Task<IReadOnlyList<string>> ReadToEndAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(patience.Token);
        await _pump.WaitAsync(patience.Token);
        var rest = new List<string>();
        while (_lines.Reader.TryRead(out var line))
        {
            rest.Add(line);
        }

        return rest;
    }

    /// <summary>Exit code of the process, which has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>What the process, which has ended, wrote to standard error.</summary>
    public Task<string> ReadErrorsAsync() => _errors;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static string DotnetHost()
    {
        if (Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } named)
        {
            return named;
        }

        // shared/Microsoft.NETCore.App/<version>/ lies three levels below the host.
        var host = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        return Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", host));
    }

    private async Task PumpAsync(Stream output)
    {
        var pending = new List<byte>();
        var buffer = new byte[4096];
        for (int read; (read = await output.ReadAsync(buffer)) > 0;)
        {
            foreach (var value in buffer.AsSpan(0, read))
            {
                if (value != '\n')
                {
                    pending.Add(value);
                    continue;
                }

                _lines.Writer.TryWrite(Encoding.UTF8.GetString([.. pending]));
                pending.Clear();
            }
        }

        _lines.Writer.Complete();
    }
}
