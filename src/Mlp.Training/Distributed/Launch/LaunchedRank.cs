using System.ComponentModel;
using System.Diagnostics;

namespace Mlp.Training.Distributed.Launch;

/// <summary>A process that the launcher has started: its lines go on with the rank before them.</summary>
internal sealed class LaunchedRank : IAsyncDisposable
{
    // What a rank has started may hold its output open for as long as it likes.
    private static readonly TimeSpan OutputPatience = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly TimeProvider _clock;
    private readonly Task _output;
    private bool _isDisposed;

    private LaunchedRank(int rank, Process process, LocalLauncherOptions options, TimeProvider clock)
    {
        (Rank, _process, _clock) = (rank, process, clock);
        _output = Task.WhenAll(CopyAsync(process.StandardOutput, options.Output ?? Console.Out), CopyAsync(process.StandardError, options.ErrorOutput ?? Console.Error));
        Ended = process.WaitForExitAsync();
    }

    /// <summary>Its rank.</summary>
    public int Rank { get; }

    /// <summary>Ends with the process.</summary>
    public Task Ended { get; }

    /// <summary>The exit code of the process, which has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Whether the process has ended with exit code 0, also where <see cref="Ended"/> is a little behind.</summary>
    public bool HasSucceeded => _process.HasExited && _process.ExitCode == 0;

    /// <summary>Starts it.</summary>
    /// <exception cref="LaunchException">There is no such program.</exception>
    public static LaunchedRank Start(int rank, ProcessStartInfo start, LocalLauncherOptions options, TimeProvider clock)
    {
        try
        {
            return new(rank, Process.Start(start) ?? throw new LaunchException($"Rank {rank} could not be started: '{start.FileName}' gave no process."), options, clock);
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

    /// <summary>Ends the process, if it runs, and waits until its last line has gone on, 10 seconds at most.</summary>
    public async ValueTask DisposeAsync()
    {
        Kill();
        await Ended.ConfigureAwait(false);
        await (await Task.WhenAny(_output, Task.Delay(OutputPatience, _clock)).ConfigureAwait(false)).ConfigureAwait(false);
        Volatile.Write(ref _isDisposed, true);
        _process.Dispose();
    }

    private async Task CopyAsync(StreamReader reader, TextWriter writer)
    {
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line && !Volatile.Read(ref _isDisposed))
        {
            lock (writer)
            {
                writer.WriteLine($"[{Rank}] {line}");
            }
        }
    }
}
