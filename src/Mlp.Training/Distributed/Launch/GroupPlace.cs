using System.Globalization;
using System.Net;

namespace Mlp.Training.Distributed.Launch;

/// <summary>Which rank this process is and where rank 0 waits: options over the launcher's variables over defaults.</summary>
/// <param name="Rank">This process's rank.</param>
/// <param name="WorldSize">Ranks in all.</param>
/// <param name="MasterAddress">Name or address of rank 0's host.</param>
/// <param name="MasterPort">Its port.</param>
/// <param name="RunId">The launcher's name for the run and how often it has been started again; empty without a launcher.</param>
internal sealed record GroupPlace(int Rank, int WorldSize, string MasterAddress, int MasterPort, string RunId)
{
    /// <summary>Settles it.</summary>
    /// <param name="options">What the user set.</param>
    /// <param name="environment">What the launcher said; null for nothing.</param>
    /// <param name="hasSecret">Whether the ranks have a secret.</param>
    /// <param name="variable">Gives the variables that count also where the options say rank and world size; null for those of this process.</param>
    /// <exception cref="LaunchException">Neither says the rank or the world size, or the rank is not below it; ranks on several hosts have no secret.</exception>
    public static GroupPlace Settle(RendezvousOptions options, LaunchEnvironment? environment, bool hasSecret, Func<string, string?>? variable = null)
    {
        var rank = options.Rank ?? environment?.Rank ?? throw Missing("Rank", "RANK");
        var size = options.WorldSize ?? environment?.WorldSize ?? throw Missing("WorldSize", "WORLD_SIZE");
        if (rank >= size)
        {
            throw new LaunchException(string.Create(CultureInfo.InvariantCulture, $"Expected a rank below the world size {size}, but found {rank}."));
        }

        if (environment is null && (options.MasterAddress is null || options.MasterPort is null))
        {
            environment = LaunchVariables.MasterOnly(rank, size, new(variable ?? Environment.GetEnvironmentVariable));
        }

        var isSingleHost = environment is null || environment.IsSingleHost;
        var master = options.MasterAddress ?? (isSingleHost && !hasSecret ? null : environment?.MasterAddress);
        if (master is null && !isSingleHost)
        {
            throw new LaunchException(
                $"Expected the address of rank 0, as {environment!.Launcher} started ranks on several hosts, but found none. Set MASTER_ADDR or RendezvousOptions.MasterAddress.");
        }

        master ??= "127.0.0.1";
        if (!hasSecret && !IsLoopback(master))
        {
            throw new LaunchException(
                $"Expected a secret, as rank 0 waits at '{master}', but found none: without one ranks meet on the loopback interface only. Set {RendezvousOptions.SecretVariable} or RendezvousOptions.Secret to the same on all ranks.");
        }

        return new(rank, size, master, options.MasterPort ?? environment?.MasterPort ?? LaunchEnvironment.DefaultMasterPort, RunOf(environment));
    }

    private static string RunOf(LaunchEnvironment? environment)
        => environment is null or { RunId: null, RestartCount: 0 } ? "" : string.Create(CultureInfo.InvariantCulture, $"{environment.RunId}#{environment.RestartCount}");

    private static bool IsLoopback(string host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static LaunchException Missing(string option, string variable)
        => new($"Expected RendezvousOptions.{option}, or a launcher's variables ({variable} and its fellows), but found neither.");
}
