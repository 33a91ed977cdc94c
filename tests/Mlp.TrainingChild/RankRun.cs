using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Launch;
using Mlp.TrainingChild.Interop;

namespace Mlp.TrainingChild;

/// <summary>
/// One rank that is a process, started by a launcher. "sum": reduces buffers and prints "sum HASH". "kill RANK STEP", "stop RANK STEP", "exit RANK STEP": reduces on and on, until that rank, at that step, is killed, stopped or ends;
/// the others print "failed TYPE RANKS MILLISECONDS SENTENCE" and end with exit code 3.
/// </summary>
internal static class RankRun
{
    private const int FailedCode = 3;
    private const int LeftCode = 7;

    public static async Task RunAsync(string mode, string[] arguments, Action<string> print)
    {
        await using var group = await ProcessGroup.ConnectAsync(Options(TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(mode == "stop" ? 10 : 60)));
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
                if (rank == group.Rank && i == step)
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

    /// <summary>Settings of a rank; the variables say which way values take.</summary>
    public static ProcessGroupOptions Options(TimeSpan timeout, TimeSpan heartbeatTimeout)
    {
        var options = new ProcessGroupOptions { Timeout = timeout };
        (options.Rendezvous.HeartbeatInterval, options.Rendezvous.HeartbeatTimeout) = (TimeSpan.FromMilliseconds(200), heartbeatTimeout);
        options.Transport.UseSharedMemory = Environment.GetEnvironmentVariable("MLP_CHILD_SOCKETS") is null;
        options.Transport.Algorithm = Enum.Parse<ReductionAlgorithm>(Environment.GetEnvironmentVariable("MLP_CHILD_ALGORITHM") ?? nameof(ReductionAlgorithm.Auto));
        options.Deterministic = options.Transport.Algorithm is not (ReductionAlgorithm.HalvingDoubling or ReductionAlgorithm.Hierarchical);
        return options;
    }

    private static void Misbehave(string mode)
    {
        switch (mode)
        {
            case "kill":
                Process.GetCurrentProcess().Kill();
                break;
            case "stop":
                Signals.StopThisProcess();
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
