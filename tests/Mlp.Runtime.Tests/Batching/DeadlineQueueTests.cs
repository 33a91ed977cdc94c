using Mlp.Runtime.Batching;

namespace Mlp.Runtime.Tests.Batching;

public sealed class DeadlineQueueTests
{
    [Fact]
    public void TryTake_AnyOrderOfArrival_GivesEarliestFirstAndEqualOnesInOrder()
    {
        var random = new Random(3);
        for (var round = 0; round < 50; round++)
        {
            var queue = new DeadlineQueue();
            var calls = Enumerable.Range(0, 200).Select(i => new BlockedCall { Deadline = random.Next(40), JoinedAt = i }).ToList();
            calls.ForEach(queue.Add);

            Assert.Equal(calls.OrderBy(c => c.Deadline).ThenBy(c => c.JoinedAt), Drain(queue));
        }
    }

    [Fact]
    public void Remove_FromAnywhere_KeepsTheOrderOfTheRest()
    {
        var random = new Random(4);
        for (var round = 0; round < 50; round++)
        {
            var queue = new DeadlineQueue();
            var calls = Enumerable.Range(0, 150).Select(i => new BlockedCall { Deadline = random.Next(1000), JoinedAt = i }).ToList();
            calls.ForEach(queue.Add);
            foreach (var gone in calls.Where(_ => random.Next(3) == 0).ToList())
            {
                queue.Remove(gone);
                calls.Remove(gone);
            }

            Assert.Equal(calls.Count(c => c.Deadline <= 500), queue.CountBefore(500));
            Assert.Equal(calls.Count, queue.BlockedCount);
            Assert.Equal(calls.OrderBy(c => c.Deadline).ThenBy(c => c.JoinedAt), Drain(queue));
            Assert.Equal(0, queue.BlockedCount);
        }
    }

    [Fact]
    public void TakeAll_Empties()
    {
        var queue = new DeadlineQueue();
        var calls = Enumerable.Range(0, 5).Select(i => new BlockedCall { Deadline = -i }).ToList();
        calls.ForEach(queue.Add);
        Assert.Same(calls[4], queue.First);
        Assert.NotNull(queue.FindBlocked());
        var taken = new QueuedCall?[8];

        queue.TakeAll(taken);

        Assert.Equal(calls.ToHashSet<QueuedCall?>(), taken.Where(c => c is not null).ToHashSet());
        Assert.Equal((0, 0), (queue.Count, queue.BlockedCount));
        Assert.Null(queue.First);
        Assert.Null(queue.FindBlocked());
        Assert.False(queue.TryTake(out _));
    }

    private static List<BlockedCall> Drain(DeadlineQueue queue)
    {
        var calls = new List<BlockedCall>();
        while (queue.TryTake(out var call))
        {
            calls.Add((BlockedCall)call);
        }

        return calls;
    }
}
