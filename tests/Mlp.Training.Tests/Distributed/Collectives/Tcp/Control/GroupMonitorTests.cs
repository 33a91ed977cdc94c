using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Tcp.Control;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp.Control;

public sealed class GroupMonitorTests
{
    [Fact]
    public void Fail_SomebodyWaitsForTheTask_FindsTheFailureWhenItEnds()
    {
        const int Rounds = 20_000;
        var monitors = Enumerable.Range(0, Rounds).Select(_ => Monitor()).ToArray();
        var (looksAt, withoutFailure) = (-1, 0);
        var waiting = new Thread(() =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                Volatile.Write(ref looksAt, round);
                var task = monitors[round].FailureTask;
                for (var look = 1; !task.IsCompleted; look++)
                {
                    Pause(look);
                }

                withoutFailure += monitors[round].Failure is null ? 1 : 0;
            }
        });
        var failure = GroupFailure.OfLost("gone", 1);
        var began = TimeProvider.System.GetTimestamp();

        // On a busy machine fewer rounds take turns; the others are over at once.
        waiting.Start();
        for (var round = 0; round < Rounds; round++)
        {
            for (var look = 1; Volatile.Read(ref looksAt) < round && TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(3); look++)
            {
                Pause(look);
            }

            monitors[round].Fail(failure);
        }

        waiting.Join();
        Assert.Equal(0, withoutFailure);
    }

    [Fact]
    public async Task Fail_Again_TheFirstStays()
    {
        var monitor = Monitor();

        monitor.Fail(GroupFailure.OfLost("first", 1));
        monitor.Fail(GroupFailure.OfLost("second", 2));

        Assert.Equal("first", monitor.Failure!.Message);
        Assert.Same(monitor.Failure, await monitor.FailureTask);
    }

    // Looks without a rest, to see what is true for a moment; the other may want this very processor.
    private static void Pause(int look)
    {
        if (look % 10_000 == 0)
        {
            Thread.Yield();
        }
    }

    private static GroupMonitor Monitor() => new("g", "world", [0, 1], 0);
}
