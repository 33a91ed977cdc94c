using System.ComponentModel;
using System.Diagnostics;

namespace Mlp.Training.Distributed.Launch;

/// <summary>A process that the launcher has started: its lines go on with the rank before them.</summary>
internal sealed class LaunchedRank : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _output;
    private readonly Task _errors;

    private LaunchedRank(int rank, Process process, LocalLauncherOptions options)
    {
        (Rank, _process) = (rank, process);
        _output = CopyAsync(process.StandardOutput, options.Output ?? Console.Out);
        _errors = CopyAsync(process.StandardError, options.ErrorOutput ?? Console.Error);
        Ended = WaitAsync();
    }

    /// <summary>Its rank.</summary>
    public int Rank { get; }

    /// <summary>Ends with the process, when its last line has gone on.</summary>
    public Task Ended { get; }

    /// <summary>The exit code of the process, which has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Starts it.</summary>
    /// <exception cref="LaunchException">There is no such program.</exception>
    public static LaunchedRank Start(int rank, ProcessStartInfo start, LocalLauncherOptions options)
    {
        try
        {
            return new(rank, Process.Start(start) ?? throw new LaunchException($"Rank {rank} could not be started: '{start.FileName}' gave no process."), options);
        }
        catch (Win32Exception exception)
        {
            throw new LaunchException($"Rank {rank} could not be started: {exception.Message}", exception);
        }
    }

    /// <summary>Ends the process, if it runs.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended meanwhile.
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Kill();
        await Ended.ConfigureAwait(false);
        _process.Dispose();
    }

    private async Task WaitAsync()
    {
        await _process.WaitForExitAsync().ConfigureAwait(false);
        await Task.WhenAll(_output, _errors).ConfigureAwait(false);
    }

    private async Task CopyAsync(StreamReader reader, TextWriter writer)
    {
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            lock (writer)
            {
                writer.WriteLine($"[{Rank}] {line}");
            }
        }
    }
}
