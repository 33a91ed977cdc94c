using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>Two network namespaces joined by a pair of virtual interfaces, whose delay and bandwidth can be set: two hosts on one machine. Linux, as root.</summary>
internal sealed class NetworkNamespaces : IDistantRanks
{
    private const int LongestQueue = 100_000;

    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"mlp{Environment.ProcessId}");

    private NetworkNamespaces()
    {
    }

    /// <inheritdoc/>
    public string Network => "network namespaces with netem";

    /// <summary>Makes them.</summary>
    /// <param name="reason">Why there are none.</param>
    public static NetworkNamespaces? TryCreate(out string reason)
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root")
        {
            reason = "network namespaces need Linux and root";
            return null;
        }

        var pair = new NetworkNamespaces();
        try
        {
            for (var side = 0; side < 2; side++)
            {
                Ip("netns", "add", pair.Name(side));
            }

            Ip("link", "add", "veth0", "netns", pair.Name(0), "type", "veth", "peer", "name", "veth1", "netns", pair.Name(1));
            for (var side = 0; side < 2; side++)
            {
                Ip("-n", pair.Name(side), "addr", "add", string.Create(CultureInfo.InvariantCulture, $"10.77.0.{side + 1}/24"), "dev", Device(side));
                Ip("-n", pair.Name(side), "link", "set", Device(side), "up");
                Ip("-n", pair.Name(side), "link", "set", "lo", "up");
            }

            pair.Shape([], TimeSpan.Zero, 1000);
            reason = "";
            return pair;
        }
        catch (Exception exception) when (exception is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            pair.Dispose();
            reason = exception.Message;
            return null;
        }
    }

    /// <inheritdoc/>
    public void Shape(Process[] ranks, TimeSpan delay, int megabitsPerSecond)
    {
        for (var side = 0; side < 2; side++)
        {
            Run("tc", "-n", Name(side), "qdisc", "replace", "dev", Device(side), "root", "netem", "delay", string.Create(CultureInfo.InvariantCulture, $"{delay.TotalMicroseconds:0}us"),
                "rate", string.Create(CultureInfo.InvariantCulture, $"{megabitsPerSecond}mbit"), "limit", LongestQueue.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <inheritdoc/>
    public Process[] Start(string command)
    {
        var secret = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        return [.. Enumerable.Range(0, 2).Select(side =>
        {
            var start = new ProcessStartInfo("ip", ["netns", "exec", Name(side), Environment.ProcessPath!, "exec", Path.Combine(AppContext.BaseDirectory, "Mlp.Benchmarks.dll"), command])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            (start.Environment["RANK"], start.Environment["WORLD_SIZE"], start.Environment["LOCAL_RANK"], start.Environment["LOCAL_WORLD_SIZE"]) = (side == 0 ? "0" : "1", "2", "0", "1");
            (start.Environment["MASTER_ADDR"], start.Environment["MASTER_PORT"], start.Environment["MLP_GROUP_SECRET"]) = ("10.77.0.1", "29500", secret);
            return Process.Start(start)!;
        })];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var side = 0; side < 2; side++)
        {
            using var process = Process.Start(new ProcessStartInfo("ip", ["netns", "del", Name(side)]) { RedirectStandardError = true });
            process!.WaitForExit();
        }
    }

    private static string Device(int side) => side == 0 ? "veth0" : "veth1";

    private static void Ip(params string[] arguments) => Run("ip", arguments);

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"'{program} {string.Join(' ', arguments)}' failed: {error.Trim()}");
        }
    }

    private string Name(int side) => $"{_prefix}{(side == 0 ? "a" : "b")}";
}
