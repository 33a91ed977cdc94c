using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Mlp.Training.Distributed.Launch;

/// <summary>Starts ranks of a program on this host, as torchrun does, with a port and a secret of their own, and ends them all when one fails.</summary>
/// <example>
/// <code>
/// if (LaunchEnvironment.Read() is null)
/// {
///     return (await LocalLauncher.RunAsync(worldSize: 4)).IsSuccess ? 0 : 1;
/// }
///
/// await using var group = await ProcessGroup.ConnectAsync();
/// </code>
/// </example>
public static class LocalLauncher
{
    private const int SecretBytes = 32;

    /// <summary>Starts the ranks and waits for their end.</summary>
    /// <param name="worldSize">Ranks to start.</param>
    /// <param name="options">Settings; null for the running program with its own arguments.</param>
    /// <param name="timeProvider">The clock of the grace period and of the wait for the last lines; null for the system's.</param>
    /// <param name="cancellationToken">Ends the ranks.</param>
    /// <returns>How they ended.</returns>
    /// <exception cref="ArgumentException">A setting is out of its range.</exception>
    /// <exception cref="LaunchException">A rank could not be started; those that were have been ended.</exception>
    /// <exception cref="OperationCanceledException">The launch was cancelled; all ranks have ended.</exception>
    public static async Task<LaunchResult> RunAsync(int worldSize, LocalLauncherOptions? options = null, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        if (worldSize < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(worldSize), string.Create(CultureInfo.InvariantCulture, $"Expected a world size of at least 1, but found {worldSize}."));
        }

        options ??= new();
        OptionRanges.ThrowIfViolated(options);
        var (port, secret) = (FreePorts.Take(), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes)));
        var clock = timeProvider ?? TimeProvider.System;
        var ranks = new List<LaunchedRank>();
        try
        {
            for (var rank = 0; rank < worldSize; rank++)
            {
                ranks.Add(LaunchedRank.Start(rank, Describe(rank, worldSize, port, secret, options), options, clock));
            }

            var (firstFailed, endedBefore, endedAfter) = await WatchAsync(ranks, options, clock, cancellationToken).ConfigureAwait(false);
            return new([.. ranks.Select(r => r.ExitCode)], firstFailed) { EndedBefore = firstFailed is null ? [] : endedBefore, EndedAfter = endedAfter };
        }
        finally
        {
            await Task.WhenAll(ranks.Select(r => r.DisposeAsync().AsTask())).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until all have ended, or until one has failed and the others had their time.</summary>
    private static async Task<(int? FirstFailed, int[] EndedBefore, int[] EndedAfter)> WatchAsync(List<LaunchedRank> ranks, LocalLauncherOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        // Tasks that have ended at once may be the same object.
        var running = ranks.ToList();
        var (endedBefore, endedAfter) = (new List<int>(), new List<int>());
        int? firstFailed = null;
        while (running.Count > 0)
        {
            try
            {
                var ended = await Task.WhenAny(running.Select(r => r.Ended)).WaitAsync(cancellationToken).ConfigureAwait(false);
                var rank = running.Find(r => r.Ended == ended)!;
                running.Remove(rank);
                if (rank.ExitCode != 0)
                {
                    if (firstFailed is null)
                    {
                        firstFailed = rank.Rank;
                        endedBefore.AddRange(running.Where(r => r.HasSucceeded).Select(r => r.Rank));
                    }

                    if (!options.KeepsOthers)
                    {
                        await EndAsync(running, options.GracePeriod, clock).ConfigureAwait(false);
                        break;
                    }
                }
                else if (!endedBefore.Contains(rank.Rank))
                {
                    (firstFailed is null ? endedBefore : endedAfter).Add(rank.Rank);
                }
            }
            catch (OperationCanceledException)
            {
                await EndAsync(running, TimeSpan.Zero, clock).ConfigureAwait(false);
                throw;
            }
        }

        return (firstFailed, [.. endedBefore], [.. endedAfter]);
    }

    private static async Task EndAsync(IEnumerable<LaunchedRank> ranks, TimeSpan grace, TimeProvider clock)
    {
        var all = Task.WhenAll(ranks.Select(r => r.Ended));
        await Task.WhenAny(all, Task.Delay(grace, clock)).ConfigureAwait(false);
        foreach (var rank in ranks)
        {
            rank.Kill();
        }

        await all.ConfigureAwait(false);
    }

    private static ProcessStartInfo Describe(int rank, int worldSize, int port, string secret, LocalLauncherOptions options)
    {
        var (program, arguments) = Program(options);
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var name in start.Environment.Keys.Where(LaunchVariables.IsOfAnotherLauncher).ToList())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in options.Variables)
        {
            start.Environment[name] = value;
        }

        var (rankText, sizeText) = (rank.ToString(CultureInfo.InvariantCulture), worldSize.ToString(CultureInfo.InvariantCulture));
        start.Environment["RANK"] = start.Environment["LOCAL_RANK"] = rankText;
        start.Environment["WORLD_SIZE"] = start.Environment["LOCAL_WORLD_SIZE"] = sizeText;
        start.Environment["MASTER_ADDR"] = "127.0.0.1";
        start.Environment["MASTER_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        start.Environment[RendezvousOptions.SecretVariable] = secret;
        start.Environment[LauncherWatch.Variable] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return start;
    }

    private static (string Program, IEnumerable<string> Arguments) Program(LocalLauncherOptions options)
    {
        if (options.Program is { } named)
        {
            return (named, options.Arguments ?? []);
        }

        var own = Environment.ProcessPath ?? throw new LaunchException("Expected the path of the running program, but the system does not tell it. Set LocalLauncherOptions.Program.");
        var line = Environment.GetCommandLineArgs();
        IEnumerable<string> arguments = options.Arguments ?? line[1..];
        return Path.GetFileNameWithoutExtension(own) == "dotnet" ? (own, ["exec", line[0], .. arguments]) : (own, arguments);
    }
}
