using Mlp.Training.Search;

namespace Mlp.Training.Tests.Search;

public sealed class ThreadBudgetTests
{
    [Fact]
    public async Task TakeAsync_NotEnoughFree_WaitsForThoseInFront()
    {
        var budget = new ThreadBudget(4);
        var three = await budget.TakeAsync(3, CancellationToken.None);
        var two = budget.TakeAsync(2, CancellationToken.None);

        // One is free, but who came before is served before.
        var one = budget.TakeAsync(1, CancellationToken.None);
        Assert.Equal((false, false), (two.IsCompleted, one.IsCompleted));

        three.Dispose();
        three.Dispose();
        (await two).Dispose();
        (await one).Dispose();
        (await budget.TakeAsync(4, CancellationToken.None)).Dispose();
    }

    [Fact]
    public async Task TakeAsync_MoreThanThereAre_TakesAll()
    {
        var budget = new ThreadBudget(2);
        var all = await budget.TakeAsync(100, CancellationToken.None);
        var other = budget.TakeAsync(1, CancellationToken.None);

        Assert.False(other.IsCompleted);
        all.Dispose();
        (await other).Dispose();
    }

    [Fact]
    public async Task TakeAsync_Cancelled_LetsTheNextOneIn()
    {
        var budget = new ThreadBudget(2);
        using var source = new CancellationTokenSource();
        var one = await budget.TakeAsync(1, CancellationToken.None);
        var two = budget.TakeAsync(2, source.Token);
        var next = budget.TakeAsync(1, CancellationToken.None);
        Assert.False(next.IsCompleted);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => two);
        (await next).Dispose();
        one.Dispose();
        (await budget.TakeAsync(2, CancellationToken.None)).Dispose();
    }
}
