using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Elastic;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Distributed.Elastic.Processes;

/// <summary>Members that find each other as processes do, though all are threads of this one.</summary>
public sealed class ProcessMembershipTests : ElasticGroupContract
{
    private readonly int _port = LoopbackPorts.Take();

    [Fact]
    public async Task JoinAsync_NobodyIsThere_SaysWhomItHasAsked()
    {
        var options = Options(new(), 1, 2);
        options.Group.Rendezvous.Timeout = TimeSpan.FromSeconds(5);
        options.Addresses.Add("127.0.0.1:9");
        await using var member = new ElasticGroup(options);

        var error = await Assert.ThrowsAsync<Mlp.Training.Distributed.Launch.RendezvousException>(() => member.JoinAsync());

        Assert.StartsWith($"Expected to join group 'world' at 127.0.0.1:{_port}, 127.0.0.1:9 within ", error.Message, StringComparison.Ordinal);
        Assert.Contains("nobody listens there", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JoinAsync_ThePortOfTheFirstIsTaken_SaysSo()
    {
        using var stranger = Mlp.Training.Distributed.Launch.RendezvousHost.Listen(System.Net.IPAddress.Any, _port);
        var options = Options(new(), 0, 2);
        options.Group.Rendezvous.Timeout = TimeSpan.FromSeconds(0.5);
        await using var member = new ElasticGroup(options);

        var error = await Assert.ThrowsAsync<Mlp.Training.Distributed.Launch.RendezvousException>(() => member.JoinAsync());

        Assert.EndsWith($" It is to begin the group, but port {_port} of this host is taken: where that is no other member, set MASTER_PORT or RendezvousOptions.MasterPort.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JoinAsync_TheFirstComesAgainAndTheGroupTakesNobody_SaysSoAtItsLimit()
    {
        await using var busy = Create(1, new() { MaximumMembers = 1 })[0];
        await busy.JoinAsync();
        var options = Options(new(), 0, 2);
        options.Addresses.Add($"127.0.0.1:{_port}");
        (options.Group.Rendezvous.MasterPort, options.Group.Rendezvous.Timeout) = (LoopbackPorts.Take(), TimeSpan.FromSeconds(0.5));
        await using var member = new ElasticGroup(options);

        var error = await Assert.ThrowsAsync<Mlp.Training.Distributed.Launch.RendezvousException>(() => member.JoinAsync().WaitAsync(TimeSpan.FromMinutes(1)));

        Assert.StartsWith($"Expected to join group 'world' at 127.0.0.1:{_port} within ", error.Message, StringComparison.Ordinal);
        Assert.Contains("but it has not let this process in", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JoinAsync_AnotherSecret_IsNotLetIn()
    {
        var options = Options(new(), 1, 2);
        (options.Group.Rendezvous.Timeout, options.Group.Rendezvous.Secret) = (TimeSpan.FromSeconds(5), "other");
        await using var first = Create(2, new())[0];
        await using var member = new ElasticGroup(options);
        using var stop = new CancellationTokenSource();
        var waiting = first.JoinAsync(stop.Token);

        var error = await Assert.ThrowsAsync<Mlp.Training.Distributed.Launch.RendezvousException>(() => member.JoinAsync());

        Assert.Contains("secret", error.Message, StringComparison.Ordinal);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task ReformAsync_TheFirstWasGivenUpAndJoinsAgain_AsksTheOthersAndNotItself()
    {
        var members = Create(3, new() { RejoinsWhenGivenUp = true });
        await Task.WhenAll(members.Select(m => m.JoinAsync()));
        var cause = new RankLostException("Rank 0 stalls.") { Ranks = [0] };
        await Task.WhenAll(members.Skip(1).Select(m => m.ReformAsync(cause)));

        var rejoining = members[0].ReformAsync(new RankLostException("The others are gone.") { Ranks = [1, 2] });
        Assert.True(SpinWait.SpinUntil(() => members[1].HasNewcomers || rejoining.IsCompleted, TimeSpan.FromMinutes(1)), "Nobody asks to be let in.");
        await Task.WhenAll([rejoining, .. members.Skip(1).Select(m => m.ReformAsync())]);

        Assert.Equal([2, 0, 1], members.Select(m => m.Group!.Rank));
        foreach (var member in members)
        {
            await member.DisposeAsync();
        }
    }

    [Fact]
    public async Task JoinAsync_AnAddressIsTheFirstMembersOwn_BeginsAsWithoutIt()
    {
        var options = Options(new(), 0, 1);
        options.Addresses.Add($"127.0.0.1:{_port}");
        await using var member = new ElasticGroup(options);

        var group = await member.JoinAsync().WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(1, group.WorldSize);
    }

    [Fact]
    public async Task JoinAsync_AllThatAreThereHaveDoneTheirWork_EndsAtItsLimit()
    {
        await using var first = Create(1, new())[0];
        await first.JoinAsync();
        first.SetDone(true);
        var options = Options(new(), 1, 2);
        options.Group.Rendezvous.Timeout = TimeSpan.FromSeconds(5);
        await using var member = new ElasticGroup(options);

        var error = await Assert.ThrowsAsync<Mlp.Training.Distributed.Launch.RendezvousException>(() => member.JoinAsync());

        Assert.Contains("nobody listens there", error.Message, StringComparison.Ordinal);
    }

    protected override IReadOnlyList<ElasticGroup> Create(int count, ElasticGroupOptions options) => [.. Enumerable.Range(0, count).Select(rank => new ElasticGroup(Options(options, rank, count)))];

    protected override ElasticGroup CreateNewcomer(IReadOnlyList<ElasticGroup> members, ElasticGroupOptions options) => new(Options(options, 65535, 65536));

    private ElasticGroupOptions Options(ElasticGroupOptions options, int rank, int worldSize)
    {
        var copy = new ElasticGroupOptions
        {
            MinimumMembers = options.MinimumMembers,
            MaximumMembers = options.MaximumMembers,
            WaitForReplacement = options.WaitForReplacement,
            WaitForMinimum = options.WaitForMinimum,
            RejoinsWhenGivenUp = options.RejoinsWhenGivenUp,
        };
        (copy.Group.Rendezvous.Rank, copy.Group.Rendezvous.WorldSize, copy.Group.Rendezvous.MasterPort) = (rank, worldSize, _port);
        (copy.Group.Rendezvous.HeartbeatInterval, copy.Group.Rendezvous.HeartbeatTimeout) = (TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30));
        copy.Group.Rendezvous.Secret = "of the tests";
        copy.Group.Timeout = TimeSpan.FromMinutes(1);
        return copy;
    }
}
