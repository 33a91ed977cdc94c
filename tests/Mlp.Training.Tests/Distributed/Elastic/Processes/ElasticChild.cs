using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Mlp.Training.Tests.Distributed.Launch;

namespace Mlp.Training.Tests.Distributed.Elastic.Processes;

/// <summary>A member that is a process, and what it prints.</summary>
internal sealed class ElasticChild : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly SemaphoreSlim _news = new(0);
    private volatile bool _saysNoMore;

    private ElasticChild(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Take(line.Data, isOutput: true);
        process.ErrorDataReceived += (_, line) => Take(line.Data, isOutput: false);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Its process.</summary>
    public int Id => _process.Id;

    /// <summary>How it ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>What it has printed.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>Starts it.</summary>
    public static ElasticChild Start(int rank, int worldSize, int port, bool sharesMemory, int? launcher, params string[] words)
    {
        var start = new ProcessStartInfo(ChildRanks.Dotnet, ["exec", Path.Combine(AppContext.BaseDirectory, "Mlp.TrainingChild.dll"), "elastic", .. words])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        (start.Environment["RANK"], start.Environment["WORLD_SIZE"]) = (rank.ToString(CultureInfo.InvariantCulture), worldSize.ToString(CultureInfo.InvariantCulture));
        (start.Environment["MASTER_ADDR"], start.Environment["MASTER_PORT"]) = ("127.0.0.1", port.ToString(CultureInfo.InvariantCulture));
        start.Environment["MLP_GROUP_SECRET"] = "of the tests";
        start.Environment["MLP_CHILD_SOCKETS"] = sharesMemory ? null : "1";
        start.Environment["MLP_LAUNCHER_PID"] = launcher?.ToString(CultureInfo.InvariantCulture);
        return new(Process.Start(start)!);
    }

    /// <summary>Waits for a line that begins so.</summary>
    public async Task<string> AwaitLineAsync(string beginning)
    {
        while (true)
        {
            if (_lines.FirstOrDefault(l => l.StartsWith(beginning, StringComparison.Ordinal)) is { } line)
            {
                return line;
            }

            Assert.True(!_saysNoMore && await _news.WaitAsync(Patience), $"Process {Id} does not print '{beginning}', but: {string.Join('\n', _lines)}");
        }
    }

    /// <summary>Waits for its end.</summary>
    public async Task<string[]> EndAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Process {Id} hangs: {string.Join('\n', _lines)}");
        }

        return [.. _lines];
    }

    /// <summary>Lets it go on from where it waits.</summary>
    public void GoOn() => _process.StandardInput.WriteLine();

    /// <summary>Wakes it after a stop.</summary>
    public void Wake() => Signal("CONT");

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
        _news.Dispose();
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -{name} {Id}")]);
        kill.WaitForExit();
    }

    private void Take(string? line, bool isOutput)
    {
        if (line is not null)
        {
            _lines.Enqueue(line);
        }
        else if (isOutput)
        {
            _saysNoMore = true;
        }

        try
        {
            _news.Release();
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
    }
}
