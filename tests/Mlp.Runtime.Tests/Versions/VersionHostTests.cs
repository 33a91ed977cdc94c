using Mlp.Runtime.Inference;
using Mlp.Runtime.Registry;

namespace Mlp.Runtime.Tests.Versions;

public sealed class VersionHostTests
{
    [Fact]
    public async Task OpenAsync_TwoRolesOfOneVersion_ShareOneLoadAndTellObserversApart()
    {
        await using var fixture = new HostFixture();
        await fixture.PublishAsync(1);

        var champion = await fixture.Host.OpenAsync(1, "champion", CancellationToken.None);
        var challenger = await fixture.Host.OpenAsync(1, "challenger", CancellationToken.None);
        await champion.RetireAsync();

        Assert.Equal(1, fixture.Registry.LoadsOf(1));
        Assert.Equal(["champion", "challenger"], fixture.Observer.Attached.Select(a => a.Variant));
        Assert.True(champion.Singles.IsClosed);
        Assert.True(challenger.Singles.TryRent(out var slot), "The other role goes on.");
        challenger.Singles.Return(slot);
        await challenger.RetireAsync();
    }

    [Fact]
    public async Task OpenAsync_ManyAtOnce_LoadOnce()
    {
        await using var fixture = new HostFixture();
        await fixture.PublishAsync(1);
        var gate = new TaskCompletionSource();
        fixture.Registry.Gate = gate.Task;

        var opening = Enumerable.Range(0, 8).Select(_ => fixture.Host.OpenAsync(1, "test", CancellationToken.None)).ToList();
        await fixture.Registry.Arrived.Task;
        gate.SetResult();

        foreach (var serving in await Task.WhenAll(opening))
        {
            await serving.RetireAsync();
        }

        Assert.Equal(1, fixture.Registry.LoadsOf(1));
    }

    [Fact]
    public async Task OpenAsync_OneCallerGivesUp_LoadsForTheOthers()
    {
        await using var fixture = new HostFixture();
        await fixture.PublishAsync(1);
        var gate = new TaskCompletionSource();
        fixture.Registry.Gate = gate.Task;
        using var cancel = new CancellationTokenSource();

        var first = fixture.Host.OpenAsync(1, "test", cancel.Token);
        await fixture.Registry.Arrived.Task;
        var second = fixture.Host.OpenAsync(1, "test", CancellationToken.None);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.SetResult();

        await (await second).RetireAsync();
        Assert.Equal(1, fixture.Registry.LoadsOf(1));
    }

    [Fact]
    public async Task Retire_MoreThanMayStay_LetsTheLeastRecentlyUsedGo()
    {
        await using var fixture = new HostFixture(maximumLoaded: 2);
        await fixture.PublishAsync(3);

        await fixture.UseAsync(1);
        await fixture.UseAsync(2);
        await fixture.UseAsync(1);
        Assert.Equal([1, 2], fixture.Host.Versions);
        await fixture.UseAsync(3);

        Assert.Equal([1, 3], fixture.Host.Versions);
        await fixture.UseAsync(1);
        Assert.Equal((1, 1, 1), (fixture.Registry.LoadsOf(1), fixture.Registry.LoadsOf(2), fixture.Registry.LoadsOf(3)));
    }

    [Fact]
    public async Task Open_MoreThanMayStay_KeepsThoseInARole()
    {
        await using var fixture = new HostFixture(maximumLoaded: 1);
        await fixture.PublishAsync(2);

        var first = await fixture.Host.OpenAsync(1, "test", CancellationToken.None);
        var second = await fixture.Host.OpenAsync(2, "test", CancellationToken.None);
        Assert.Equal([1, 2], fixture.Host.Versions);

        await first.RetireAsync();
        Assert.Equal([2], fixture.Host.Versions);
        await second.RetireAsync();
    }

    [Fact]
    public async Task Evicted_WhileALongScorerHoldsItsSession_StaysUntilItLetsGo()
    {
        await using var fixture = new HostFixture(maximumLoaded: 1);
        await fixture.PublishAsync(2);
        var serving = await fixture.Host.OpenAsync(1, "test", CancellationToken.None);
        using (var slot = serving.TryCreateBatchSlot())
        {
            await serving.RetireAsync();
            await fixture.UseAsync(2);
            Assert.Equal([2], fixture.Host.Versions);

            slot!.Rows.Reset(1);
            slot.Rows.Float32.Fill(1);
            slot.Run(interruptible: false, CancellationToken.None);
            Assert.Equal(1 / (1 + Math.Exp(-1)), slot.Score.RowOf(0)[0], 1e-6);
        }

        Assert.Null(serving.TryCreateBatchSlot());
    }

    [Fact]
    public async Task OpenAsync_FileThatFailedChanges_IsTriedAgainAtOnceAndToldAsItIs()
    {
        await using var fixture = new HostFixture();
        await fixture.PublishAsync(1);
        var blob = Assert.Single(Directory.GetFiles(fixture.Blobs, "*", SearchOption.AllDirectories));
        var content = await File.ReadAllBytesAsync(blob);
        File.Delete(blob);

        var missing = await Assert.ThrowsAsync<CorruptFileException>(() => fixture.UseAsync(1));
        await Assert.ThrowsAsync<CorruptFileException>(() => fixture.UseAsync(1));
        await File.WriteAllTextAsync(blob, "garbage");
        var replaced = await Assert.ThrowsAsync<CorruptFileException>(() => fixture.UseAsync(1));
        await File.WriteAllBytesAsync(blob, content);
        await fixture.UseAsync(1);

        Assert.EndsWith("but found no file.", missing.Message, StringComparison.Ordinal);
        Assert.Contains("but found 7 bytes with SHA-256", replaced.Message, StringComparison.Ordinal);
        Assert.Equal(3, fixture.Registry.LoadsOf(1));
    }

    [Fact]
    public async Task OpenAsync_LoadFails_LeavesNothingAndIsTriedAgainAtGrowingIntervals()
    {
        await using var fixture = new HostFixture();
        await fixture.PublishAsync(1);
        fixture.Registry.Failure = new IOException("The disk is away.");

        await Assert.ThrowsAsync<IOException>(() => fixture.UseAsync(1));
        await Assert.ThrowsAsync<IOException>(() => fixture.UseAsync(1));
        Assert.Empty(fixture.Host.Versions);
        Assert.Equal(1, fixture.Registry.LoadsOf(1));

        // Twice the interval of 500 ms after the first failure, four times after the second.
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<IOException>(() => fixture.UseAsync(1));
        Assert.Equal(2, fixture.Registry.LoadsOf(1));
        fixture.Time.Advance(TimeSpan.FromSeconds(1.9));
        await Assert.ThrowsAsync<IOException>(() => fixture.UseAsync(1));
        Assert.Equal(2, fixture.Registry.LoadsOf(1));

        fixture.Registry.Failure = null;
        fixture.Host.ForgetFailures();
        await fixture.UseAsync(1);
        Assert.Equal([1], fixture.Host.Versions);
    }

    [Fact]
    public async Task OpenAsync_VersionGone_SaysSoAndIsFoundOnceItIsThere()
    {
        await using var fixture = new HostFixture();
        await fixture.PublishAsync(1);

        var error = await Assert.ThrowsAsync<ModelNotFoundException>(() => fixture.UseAsync(2));
        Assert.Equal("Expected version 2 of model 'tips' in the registry, but found no such version.", error.Message);

        await fixture.PublishAsync(1);
        await fixture.UseAsync(2);
    }

    [Fact]
    public async Task Close_WhileLoading_EndsTheLoadAndRefusesMore()
    {
        await using var fixture = new HostFixture();
        await fixture.PublishAsync(1);
        fixture.Registry.Gate = new TaskCompletionSource().Task;
        var opening = fixture.Host.OpenAsync(1, "test", CancellationToken.None);
        await fixture.Registry.Arrived.Task;

        await fixture.Host.CloseAsync();

        Assert.Equal("Expected model 'tips' to be ready, but the platform has been closed.", (await Assert.ThrowsAsync<ModelNotReadyException>(() => opening)).Message);
        await Assert.ThrowsAsync<ModelNotReadyException>(() => fixture.UseAsync(1));
        Assert.Empty(fixture.Host.Versions);
    }
}
