using Mlp.Runtime.Registry;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Registry;

public sealed class AliasStoreTests : IDisposable
{
    private const int Movers = 8;

    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Move_AllHaveSeenTheSameRevision_ExactlyOneWins()
    {
        for (var revision = 0L; revision < TestRounds.Count; revision++)
        {
            // Nobody writes before everybody has compared: that is the moment which a compare without a swap gets wrong.
            using var compared = new Barrier(Movers);
            var seen = revision;
            var moves = Enumerable.Range(1, Movers).Select(version => Task.Factory.StartNew(
                () => TryMove(Store(compared), version, seen), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
            var results = await Task.WhenAll(moves.ToArray());

            var winner = Assert.Single(results, r => r is not null)!;
            Assert.Equal(winner, Store(compared: null).Find("m", "champion"));
            Assert.Equal(revision + 1, winner.Revision);
        }
    }

    [Fact]
    public async Task RemoveAliasAsync_ThenSetAgain_GoesOnWithTheHistory()
    {
        var registry = TestRegistry.Open(_folder.FullName);
        await registry.PublishAsync("m", TestRegistry.Package());
        await registry.PublishAsync("m", TestRegistry.Package(2));
        await registry.SetAliasAsync("m", "champion", 1, 0, "first");

        await Assert.ThrowsAsync<AliasConflictException>(() => registry.RemoveAliasAsync("m", "champion", 2));
        await registry.RemoveAliasAsync("m", "champion", 1, "no longer");
        Assert.Null(registry.FindAlias("m", "champion"));
        var error = await Assert.ThrowsAsync<ModelNotFoundException>(() => registry.RemoveAliasAsync("m", "champion", 2));
        Assert.Equal("Expected alias 'champion' of model 'm' to remove, but found no such alias.", error.Message);
        await registry.SetAliasAsync("m", "champion", 2, 0, "again");

        Assert.Equal(
            [(1, 1L, null, "first"), (null, 2, 1, "no longer"), (2, 3, null, "again")],
            registry.ListAliasMoves("m", "champion").Select(m => (m.Version, m.Revision, m.PreviousVersion, m.Reason!)));
        Assert.Empty(registry.ListAliasMoves("m", "other"));
    }

    private static ModelAlias? TryMove(AliasStore store, int version, long revision)
    {
        try
        {
            return store.Move("m", "champion", version, revision, TestRegistry.Start, reason: null);
        }
        catch (AliasConflictException)
        {
            return null;
        }
    }

    private AliasStore Store(Barrier? compared)
    {
        var waiting = compared;
        return new AliasStore(new RegistryPaths(_folder.FullName), new RecordingDiskSync
        {
            OnSync = (_, _) => Assert.True(Interlocked.Exchange(ref waiting, null)?.SignalAndWait(TimeSpan.FromMinutes(1)) ?? true),
        });
    }
}
