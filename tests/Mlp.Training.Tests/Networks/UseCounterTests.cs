using Mlp.TestSupport;
using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Networks;

public sealed class UseCounterTests
{
    private int _freed;

    [Fact]
    public void Dispose_InUse_FreesWhenTheLastUseEnds()
    {
        var uses = new UseCounter(this, () => _freed++);

        uses.Use(() => uses.Use(() =>
        {
            uses.Dispose();
            Assert.Equal(0, _freed);
            return true;
        }));

        Assert.Equal(1, _freed);
    }

    [Fact]
    public void Use_Disposed_IsRefusedAndFreedOnce()
    {
        var uses = new UseCounter(this, () => _freed++);

        uses.Dispose();
        uses.Dispose();

        Assert.Equal(1, _freed);
        Assert.Equal(GetType().FullName, Assert.Throws<ObjectDisposedException>(() => uses.Use(() => true)).ObjectName);
    }

    [Fact]
    public async Task Dispose_BesideUses_NeverFreesInTheMiddle()
    {
        for (var round = 0; round < TestRounds.Count * 20; round++)
        {
            var isFree = false;
            var uses = new UseCounter(this, () => Volatile.Write(ref isFree, true));
            using var start = new Barrier(4);
            var users = Enumerable.Range(0, 3).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    try
                    {
                        while (true)
                        {
                            Assert.False(uses.Use(() => Volatile.Read(ref isFree)));
                        }
                    }
                    catch (ObjectDisposedException)
                    {
                        return;
                    }
                },
                TaskCreationOptions.LongRunning)).ToArray();
            start.SignalAndWait();
            uses.Dispose();
            await Task.WhenAll(users);

            Assert.True(isFree);
        }
    }
}
