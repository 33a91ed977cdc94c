using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using Mlp.Training.Tests.Distributed.Launch;

namespace Mlp.Training.Tests.Distributed.Rounds;

/// <summary>A process that takes part in one round after the other, so that a round need not wait for its start.</summary>
internal sealed class WarmChild : IDisposable
{
    private readonly Process _process;
    private readonly Channel<string> _output = Channel.CreateUnbounded<string>();
    private readonly List<string> _lines = [];
    private readonly List<string> _errors = [];

    private WarmChild(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null || !_output.Writer.TryWrite(line.Data))
            {
                _output.Writer.TryComplete();
            }
        };
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.Add(line.Data ?? "");
            }
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Its process.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it can take part in another round.</summary>
    public bool IsReady { get; private set; } = true;

    /// <summary>What it has printed in this round, as far as somebody has waited for it.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>Starts it.</summary>
    public static WarmChild Start() => new(Process.Start(new ProcessStartInfo(ChildRanks.Dotnet, ["exec", Path.Combine(AppContext.BaseDirectory, "Mlp.TrainingChild.dll"), "repeat"])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!);

    /// <summary>Begins a round.</summary>
    public void Begin(IReadOnlyDictionary<string, string> variables, IEnumerable<string> words)
    {
        _lines.Clear();
        IsReady = false;
        GoOn(string.Join(' ', [.. variables.Select(v => $"{v.Key}={v.Value}"), .. words]));
    }

    /// <summary>Gives it a line, which it may wait for.</summary>
    public void GoOn(string line = "")
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>Waits for a line of this round.</summary>
    /// <param name="beginning">How it begins.</param>
    /// <param name="limit">How long.</param>
    public async Task<string> AwaitLineAsync(string beginning, TimeSpan limit)
    {
        using var patience = new CancellationTokenSource(limit);
        while (await NextAsync(patience.Token) is { } line)
        {
            if (line.StartsWith(beginning, StringComparison.Ordinal))
            {
                return line;
            }
        }

        throw new InvalidOperationException(Describe($"ended, and did not print '{beginning}'"));
    }

    /// <summary>Waits for its end of this round.</summary>
    /// <param name="limit">How long.</param>
    /// <returns>Its lines.</returns>
    public async Task<IReadOnlyList<string>> EndAsync(TimeSpan limit)
    {
        await AwaitLineAsync("end ", limit);
        IsReady = true;
        return _lines;
    }

    /// <summary>Waits for the end of its process.</summary>
    /// <param name="limit">How long.</param>
    public async Task AwaitDeathAsync(TimeSpan limit)
    {
        using var patience = new CancellationTokenSource(limit);
        await _process.WaitForExitAsync(patience.Token);
    }

    /// <summary>Wakes it after a stop.</summary>
    public void Wake()
    {
        using var kill = Process.Start("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -CONT {Id}")]);
        kill.WaitForExit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task<string?> NextAsync(CancellationToken patience)
    {
        try
        {
            var line = await _output.Reader.ReadAsync(patience);
            _lines.Add(line);
            return line;
        }
        catch (ChannelClosedException)
        {
            return null;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException(Describe("hangs"));
        }
    }

    private string Describe(string what)
    {
        lock (_errors)
        {
            return string.Create(CultureInfo.InvariantCulture, $"Process {Id} {what}: {string.Join('\n', _lines)}\n{string.Join('\n', _errors)}");
        }
    }
}
