using System.Diagnostics;
using System.Globalization;
using Mlp.TestSupport;

namespace Mlp.Benchmarks.Training.Distributed;

/// <summary>Two ranks on the loopback interface whose connections for values go through a relay that delays them.</summary>
internal sealed class RelayedRanks : IDistantRanks
{
    /// <inheritdoc/>
    public string Network => "loopback through a relay that delays";

    /// <inheritdoc/>
    public Process[] Start(string command)
    {
        var port = LoopbackPorts.Take().ToString(CultureInfo.InvariantCulture);
        return [.. Enumerable.Range(0, 2).Select(rank =>
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!, ["exec", Path.Combine(AppContext.BaseDirectory, "Mlp.Benchmarks.dll"), command])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            (start.Environment["RANK"], start.Environment["WORLD_SIZE"], start.Environment["LOCAL_WORLD_SIZE"], start.Environment["MASTER_PORT"]) = (rank == 0 ? "0" : "1", "2", "2", port);
            start.Environment[OverlapRank.RelayVariable] = "1";
            return Process.Start(start)!;
        })];
    }

    /// <inheritdoc/>
    public void Shape(Process[] ranks, TimeSpan delay, int megabitsPerSecond)
    {
        foreach (var rank in ranks)
        {
            rank.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"relay {delay.TotalMicroseconds:0} {megabitsPerSecond}"));
            rank.StandardOutput.ReadLine();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The relays end with their ranks.
    }
}
