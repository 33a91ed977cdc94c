using System.Globalization;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives.Mpi;

/// <summary>What a rank that mpirun has started does: scenarios, one after the other, each told with "ok NAME". The child of the training tests calls it.</summary>
internal static class MpiRankProgram
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>"CASES SCENARIO...": runs scenarios.</summary>
    public static async Task RunAsync(string[] arguments, Action<string> print)
    {
        var cases = int.Parse(arguments[0], CultureInfo.InvariantCulture);
        await using var world = await ConnectAsync();
        print($"joined {world.Rank} of {world.WorldSize} {world.Backend}");
        foreach (var scenario in arguments[1..])
        {
            try
            {
                await RunAsync(scenario, world, cases, print);
                print($"ok {scenario}");
            }
            catch (Exception exception)
            {
                print($"failed {scenario}: {exception}");
                Environment.ExitCode = 1;
                return;
            }
        }
    }

    private static Task<ProcessGroup> ConnectAsync(Action<ProcessGroupOptions>? configure = null)
    {
        var options = new ProcessGroupOptions { Backend = CollectiveTransport.Mpi, Deterministic = true, Timeout = Limit };
        (options.Rendezvous.Timeout, options.Rendezvous.HeartbeatTimeout) = (Limit, Limit);
        configure?.Invoke(options);
        return ProcessGroup.ConnectAsync(options);
    }

    private static async Task RunAsync(string scenario, ProcessGroup world, int cases, Action<string> print)
    {
        switch (scenario)
        {
            case "contract":
                print(string.Create(CultureInfo.InvariantCulture, $"cases {new MpiContract(world).CheckAll(cases, 7)}"));
                break;
            case "unchecked":
                await using (var quick = await ConnectAsync(o => o.Mpi.CheckCalls = false))
                {
                    new MpiContract(quick).CheckAll(Math.Max(1, cases / 5), 8);
                    quick.Barrier();
                }

                break;
            case "reductions":
                await using (var loose = await ConnectAsync(o => o.Deterministic = false))
                {
                    MpiScenarios.Reductions(loose);
                    loose.Barrier();
                }

                break;
            case "sum":
                print($"sum {MpiScenarios.Sum(world)}");
                break;
            default:
                MpiScenarios.Run(scenario, world);
                break;
        }
    }
}
