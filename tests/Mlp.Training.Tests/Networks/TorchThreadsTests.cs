using Mlp.Training.Networks;

namespace Mlp.Training.Tests.Networks;

public sealed class TorchThreadsTests
{
    private int _count = 7;

    [Fact]
    public void Use_WorkFails_GivesBackWhatWas()
    {
        var threads = new TorchThreads(() => _count, n => _count = n);

        Assert.Throws<InvalidTimeZoneException>(() => threads.Use<int>(2, () => throw new InvalidTimeZoneException()));

        Assert.Equal(7, _count);
    }

    [Fact]
    public async Task Use_SeveralThatOverlap_TheLastGivesBackWhatTheFirstFound()
    {
        var threads = new TorchThreads(() => _count, n => _count = n);
        using var firstEnds = new SemaphoreSlim(0);
        using var secondEnds = new SemaphoreSlim(0);
        using var begun = new SemaphoreSlim(0);

        // The first ends while the second, which found the first's number, goes on.
        var first = Task.Factory.StartNew(() => threads.Use(1, () => Wait(firstEnds)), TaskCreationOptions.LongRunning);
        await begun.WaitAsync();
        var second = Task.Factory.StartNew(() => threads.Use(3, () => Wait(secondEnds)), TaskCreationOptions.LongRunning);
        await begun.WaitAsync();
        firstEnds.Release();
        Assert.Equal(1, await first);
        Assert.Equal(3, _count);
        secondEnds.Release();
        Assert.Equal(3, await second);

        Assert.Equal(7, _count);

        int Wait(SemaphoreSlim end)
        {
            var found = _count;
            begun.Release();
            end.Wait();
            return found;
        }
    }
}
