using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Tcp.Control;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp.Control;

public sealed class GroupMonitorTests
{
    [Fact]
    public void Fail_SomebodyWaitsForTheTask_FindsTheFailureWhenItEnds()
    {
        const int Rounds = 200;
        var monitors = Enumerable.Range(0, Rounds).Select(_ => Monitor()).ToArray();
        var (looksAt, withoutFailure) = (-1, 0);
        var waiting = new Thread(() =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                Volatile.Write(ref looksAt, round);
                Spin(() => monitors[round].FailureTask.IsCompleted);

                withoutFailure += monitors[round].Failure is null ? 1 : 0;
            }
        });
        var failure = GroupFailure.OfLost("gone", 1);

        waiting.Start();
        for (var round = 0; round < Rounds; round++)
        {
            Spin(() => Volatile.Read(ref looksAt) >= round);

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

    // Looks without a pause, to see what is true for a moment; the other may want this very processor.
    private static void Spin(Func<bool> condition)
    {
        for (var look = 1; !condition(); look++)
        {
            if (look % 10_000 == 0)
            {
                Thread.Yield();
            }
        }
    }

    private static GroupMonitor Monitor() => new("g", "world", [0, 1], 0);
}
