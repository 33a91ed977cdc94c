using Mlp.Runtime.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Inference;

public sealed class SlotPoolTests
{
    private readonly SlotFixture _fixture = new(TestGraphs.Logistic(1), Binary());

    [Fact]
    public async Task RentAsync_Exhausted_WaitsInOrder()
    {
        var pool = Pool(2);
        Assert.True(pool.TryRent(out var a));
        Assert.True(pool.TryRent(out var b));
        Assert.False(pool.TryRent(out _));

        var first = pool.RentAsync(null, CancellationToken.None).AsTask();
        var second = pool.RentAsync(null, CancellationToken.None).AsTask();
        Assert.False(first.IsCompleted);
        pool.Return(b);
        Assert.Same(b, await first);
        Assert.False(second.IsCompleted);
        pool.Return(a);
        Assert.Same(a, await second);
    }

    [Fact]
    public async Task RentAsync_Cancelled_LeavesTheSlotToTheNext()
    {
        var pool = Pool(1);
        Assert.True(pool.TryRent(out var slot));
        using var cancellation = new CancellationTokenSource();
        var cancelled = pool.RentAsync(null, cancellation.Token).AsTask();
        var next = pool.RentAsync(null, CancellationToken.None).AsTask();

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        pool.Return(slot);

        Assert.Same(slot, await next);
    }

    [Fact]
    public async Task Close_SlotsAreOut_DrainsWhenTheLastComesBack()
    {
        var pool = Pool(2);
        Assert.True(pool.TryRent(out var a));
        Assert.True(pool.TryRent(out var b));
        var waiting = pool.RentAsync(null, CancellationToken.None).AsTask();

        pool.Close();
        Assert.Null(await waiting);
        Assert.False(pool.TryRent(out _));
        Assert.Null(pool.Rent(null, CancellationToken.None));
        pool.Return(a);
        Assert.False(pool.Drained.IsCompleted);
        pool.Return(b);
        await pool.Drained;

        _fixture.Session.Release();
        Assert.True(_fixture.Session.IsDisposed);
    }

    [Fact]
    public async Task Rent_ManyThreads_NeverSharesOrLosesASlot()
    {
        var pool = Pool(3);
        var users = new int[3];
        var shared = 0;
        using var begun = new CountdownEvent(6);
        var callers = Enumerable.Range(0, 6).Select(i => Task.Factory.StartNew(
            async () =>
            {
                begun.Signal();
                for (var n = 0; n < 3_000; n++)
                {
                    var slot = i % 2 == 0 ? await pool.RentAsync(null, CancellationToken.None) : pool.Rent(null, CancellationToken.None);
                    if (Interlocked.Increment(ref users[slot!.Index]) != 1)
                    {
                        Interlocked.Increment(ref shared);
                    }

                    Interlocked.Decrement(ref users[slot.Index]);
                    pool.Return(slot);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).Unwrap()).ToArray();

        await Task.WhenAll(callers);
        pool.Close();
        await pool.Drained;

        Assert.Equal(0, shared);
        _fixture.Session.Release();
        Assert.True(_fixture.Session.IsDisposed, "A slot has been lost.");
    }

    [Fact]
    public async Task Close_UnderRentingThreads_Drains()
    {
        for (var round = 0; round < 50; round++)
        {
            var pool = Pool(2);
            var callers = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
            {
                while (await pool.RentAsync(null, CancellationToken.None) is { } slot)
                {
                    pool.Return(slot);
                }
            })).ToArray();
            await Task.Yield();
            pool.Close();
            await Task.WhenAll(callers);
            await pool.Drained;
        }

        _fixture.Session.Release();
        Assert.True(_fixture.Session.IsDisposed, "A slot has been lost.");
    }

    private SlotPool<InferenceSlot> Pool(int size) => new(size, new SlotQueue("m", 1, null, TimeProvider.System), () => _fixture.CreateSlot());
}
