using Mlp.Runtime.Batching;

namespace Mlp.Runtime.Tests.Batching;

public sealed class AnswerQueueTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public void Publish_FirstCallerBlocks_OthersAreAnswered()
    {
        var queue = new AnswerQueue();
        using var last = new ManualResetEventSlim();
        using var first = new ManualResetEventSlim();
        queue.Add(new Answer(() =>
        {
            if (last.Wait(Patience))
            {
                first.Set();
            }
        }));
        queue.Add(new Answer(() => { }));
        queue.Add(new Answer(last.Set));

        queue.Publish();

        Assert.True(first.Wait(Patience));
    }

    [Fact]
    public void Publish_ManyThreads_EveryAnswerIsTakenOnce()
    {
        const int Count = 2000;
        var queue = new AnswerQueue();
        using var all = new CountdownEvent(2 * Count);
        var taken = new int[2 * Count];
        Parallel.For(0, 2, thread =>
        {
            for (var i = 0; i < Count; i++)
            {
                var number = (thread * Count) + i;
                queue.Add(new Answer(() =>
                {
                    Interlocked.Increment(ref taken[number]);
                    all.Signal();
                }));
                queue.Publish();
            }
        });

        Assert.True(all.Wait(Patience));
        Assert.All(taken, t => Assert.Equal(1, t));
    }

    private sealed class Answer(Action execute) : IThreadPoolWorkItem
    {
        public void Execute() => execute();
    }
}
