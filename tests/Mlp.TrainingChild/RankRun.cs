using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Launch;

namespace Mlp.TrainingChild;

/// <summary>
/// One rank that is a process, started by a launcher. "sum": reduces buffers and prints "sum HASH". "kill RANK STEP", "stop RANK STEP", "exit RANK STEP": reduces on and on, until that rank, at that step, is killed, stopped or ends;
/// "slow RANK STEP": that rank is late for some steps, and all print "slowed" after them. The others print "failed TYPE RANKS MILLISECONDS SENTENCE" and end with exit code 3.
/// </summary>
internal static class RankRun
{
    private const int FailedCode = 3;
    private const int LeftCode = 7;
    private const int SlowSteps = 30;

    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(20);

    public static async Task RunAsync(string mode, string[] arguments, Action<string> print)
    {
        var options = new ProcessGroupOptions { Timeout = TimeSpan.FromMinutes(2) };
        (options.Rendezvous.HeartbeatInterval, options.Rendezvous.HeartbeatTimeout) = (TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(mode == "stop" ? 5 : 60));
        options.Transport.UseSharedMemory = Environment.GetEnvironmentVariable("MLP_CHILD_SOCKETS") is null;
        options.Transport.Algorithm = Enum.Parse<ReductionAlgorithm>(Environment.GetEnvironmentVariable("MLP_CHILD_ALGORITHM") ?? nameof(ReductionAlgorithm.Auto));
        options.Deterministic = options.Transport.Algorithm is not (ReductionAlgorithm.HalvingDoubling or ReductionAlgorithm.Hierarchical);
        await using var group = await ProcessGroup.ConnectAsync(options);
        print(string.Create(CultureInfo.InvariantCulture, $"joined {group.Rank} of {group.WorldSize}"));
        if (mode == "reduce")
        {
            print(string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId}"));
        }

        if (mode == "sum")
        {
            print($"sum {Sum(group)}");
            return;
        }

        var (rank, step) = (int.Parse(arguments[0], CultureInfo.InvariantCulture), int.Parse(arguments[1], CultureInfo.InvariantCulture));
        var began = Stopwatch.GetTimestamp();
        try
        {
            var values = new float[100_000];
            for (var i = 0; ; i++)
            {
                if (mode == "slow" && i >= step + SlowSteps)
                {
                    print("slowed");
                    return;
                }

                if (rank == group.Rank && (i == step || (mode == "slow" && i > step)))
                {
                    Misbehave(mode);
                }

                began = Stopwatch.GetTimestamp();
                group.AllReduce<float>(values, tensor: "gradients");
            }
        }
        catch (CollectiveException exception)
        {
            var waited = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            print(string.Create(CultureInfo.InvariantCulture, $"failed {exception.GetType().Name} {string.Join(',', exception.Ranks)} {waited:F0} {exception.Message}"));
            Environment.ExitCode = FailedCode;
        }
    }

    private static void Misbehave(string mode)
    {
        switch (mode)
        {
            case "kill":
                Process.GetCurrentProcess().Kill();
                break;
            case "slow":
                Thread.Sleep(Delay);
                break;
            case "stop":
                using (var kill = Process.Start("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -STOP {Environment.ProcessId}")]))
                {
                    kill.WaitForExit();
                }

                break;
            default:
                Environment.Exit(LeftCode);
                break;
        }
    }

    private static string Sum(ProcessGroup group)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var length in new[] { 3, 5000, 1_000_000 })
        {
            var random = new Random((group.Rank * 31) + length);
            var values = Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f).ToArray();
            group.AllReduce(values.AsSpan());
            hash.AppendData(MemoryMarshal.AsBytes(values.AsSpan()));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
