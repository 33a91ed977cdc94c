using System.Diagnostics;
using System.Globalization;
using Mlp.Training.Distributed.Collectives;
using Mlp.TrainingChild.Interop;

namespace Mlp.TrainingChild;

/// <summary>
/// "SEED CALLS FAULT RANK CALL TIMEOUT HEARTBEAT": makes random calls until something happens to a rank in one of them. "kill" and "stop" (until somebody wakes it): calls go on until they fail, which prints "failed TYPE RANKS
/// MILLISECONDS SENTENCE" with the wait in that call. "pause" (it wakes by itself), "slow" and "none": prints "results HASH" after the calls. TIMEOUT limits a call, and HEARTBEAT the silence of a rank, in seconds.
/// </summary>
internal static class FaultRound
{
    private const int SlowCalls = 10;
    private const int LongestDelayMilliseconds = 30;
    private const int LongestPauseMilliseconds = 600;
    private const int LatestMicroseconds = 2_000;

    public static async Task RunAsync(string[] words, Action<string> print)
    {
        var (fault, numbers) = (words[2], Array.ConvertAll([.. words[..2], .. words[3..]], w => int.Parse(w, CultureInfo.InvariantCulture)));
        var (seed, calls, victim, at) = (numbers[0], numbers[1], numbers[2], numbers[3]);
        var options = RankRun.Options(TimeSpan.FromSeconds(numbers[4]), TimeSpan.FromSeconds(numbers[5]));
        await using var group = await ProcessGroup.ConnectAsync(options);
        using var program = new RoundProgram(seed, isWhole: !options.Deterministic);
        var random = new Random(seed + 1);
        var began = Stopwatch.GetTimestamp();
        try
        {
            for (var call = 0; call < calls || fault is "kill" or "stop"; call++)
            {
                if (group.Rank == victim && (call == at || (fault == "slow" && call > at && call < at + SlowCalls)))
                {
                    Happen(fault, random);
                }

                began = Stopwatch.GetTimestamp();
                program.Call(group);
            }

            print($"results {program.Hash}");
        }
        catch (CollectiveException exception)
        {
            var waited = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            print(string.Create(CultureInfo.InvariantCulture, $"failed {exception.GetType().Name} {string.Join(',', exception.Ranks)} {waited:F0} {exception.Message}"));
        }
    }

    private static void Happen(string fault, Random random)
    {
        switch (fault)
        {
            case "kill":
                Soon(Signals.KillThisProcess);
                break;
            case "stop":
                Soon(Signals.StopThisProcess);
                break;
            case "pause":
                Signals.WakeThisProcess(TimeSpan.FromMilliseconds(random.Next(100, LongestPauseMilliseconds)));
                Soon(Signals.StopThisProcess);
                break;
            case "slow":
                Thread.Sleep(random.Next(LongestDelayMilliseconds));
                break;
        }

        // While the call lasts that comes now, or a little later.
        void Soon(Action signal)
        {
            var delay = TimeSpan.FromMicroseconds(random.Next(LatestMicroseconds));
            var sender = new Thread(() =>
            {
                var start = Stopwatch.GetTimestamp();
                while (Stopwatch.GetElapsedTime(start) < delay)
                {
                    Thread.SpinWait(20);
                }

                signal();
            });
            sender.IsBackground = true;
            sender.Start();
        }
    }
}
