using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Mlp.TestSupport;
using Mlp.Training.Distributed.Elastic;
using Mlp.Training.Distributed.Elastic.Processes;
using Mlp.Training.Distributed.Launch;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Distributed.Elastic.Processes;

/// <summary>The first generation, where some of those who came are gone before all have come.</summary>
public sealed class ElasticHostTests : IAsyncLifetime
{
    private const int Beginners = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly GroupSecret _secret = new("of the tests");
    private readonly ElasticGroupOptions _options = new();
    private readonly List<ElasticDesk> _desks = [];

    public ElasticHostTests() => (_options.Group.Rendezvous.HeartbeatInterval, _options.Group.Rendezvous.HeartbeatTimeout) = (TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(30));

    [Fact]
    public async Task GatherAsync_OneThatCameHasEnded_OthersBeginWithoutIt()
    {
        var host = Open(0);
        await ComeAndEndAsync(1, host);
        var other = ComeAsync(Open(2), host, CancellationToken.None);

        var formed = Assert.IsType<GuestOutcome.Formed>(await GatherAsync(host).WaitAsync(Patience));
        formed.Listener!.Dispose();

        Assert.Equal([0, 2], formed.Roster.Members.Select(m => m.FirstRank));
        Assert.IsType<GuestOutcome.Formed>(await other.WaitAsync(Patience));
    }

    [Fact]
    public async Task GatherAsync_Formed_ListensAtThePortThatTheOthersAreTold()
    {
        _options.Group.Rendezvous.Timeout = TimeSpan.FromSeconds(2);
        var host = Open(0);
        var other = ComeAsync(Open(1), host, CancellationToken.None);
        await SeatedAsync(host, 1);

        var formed = Assert.IsType<GuestOutcome.Formed>(await GatherAsync(host).WaitAsync(Patience));

        using var listener = formed.Listener;
        using var caller = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await caller.ConnectAsync("127.0.0.1", Assert.IsType<GuestOutcome.Formed>(await other.WaitAsync(Patience)).Port);
        Assert.True(caller.Connected);
    }

    [Fact]
    public async Task GatherAsync_OneThatCameHasEndedAndCameAgain_TheLastIsWaitedFor()
    {
        var host = Open(0);
        await ComeAndEndAsync(1, host);
        var again = ComeAsync(Open(1), host, CancellationToken.None);
        await SeatedAsync(host, 1);
        var gathering = GatherAsync(host);
        await SeatedAsync(host, 1);
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.False(gathering.IsCompleted, "The host did not wait for the last.");

        var last = ComeAsync(Open(2), host, CancellationToken.None);

        var formed = Assert.IsType<GuestOutcome.Formed>(await gathering.WaitAsync(Patience));
        formed.Listener!.Dispose();
        Assert.Equal([0, 1, 2], formed.Roster.Members.Select(m => m.FirstRank));
        await Task.WhenAll(again, last).WaitAsync(Patience);
    }

    [Fact]
    public async Task GatherAsync_TooFewWithoutTheOneThatEnded_NamesIt()
    {
        (_options.MinimumMembers, _options.Group.Rendezvous.Timeout) = (2, TimeSpan.FromSeconds(2));
        var host = Open(0);
        var gone = await ComeAndEndAsync(1, host);

        var failed = Assert.IsType<GuestOutcome.Failed>(await GatherAsync(host).WaitAsync(Patience));

        Assert.Equal(ElasticFailure.BelowMinimum, failed.Failure.Failure);
        Assert.Equal($"Expected at least 2 members of group 'world' within 2 s, but 1 came. Missing: {gone}: it has ended: nobody listens there.", failed.Failure.Message);
    }

    Task IAsyncLifetime.InitializeAsync() => Task.CompletedTask;

    async Task IAsyncLifetime.DisposeAsync()
    {
        foreach (var desk in _desks)
        {
            await desk.DisposeAsync();
        }
    }

    private ElasticDesk Open(int rank)
    {
        ElasticMember member = new() { Id = Guid.NewGuid().ToString("N"), FirstRank = rank, Title = $"member {rank}" };
        _desks.Add(new(member, _options, _secret, LoopbackPorts.Take(), NullLogger.Instance));
        return _desks[^1];
    }

    private Task<GuestOutcome> GatherAsync(ElasticDesk desk)
        => new ElasticHost(desk, new(desk, _options, _secret), _options, Beginners, NullLogger.Instance).GatherAsync(new HashSet<string>(), CancellationToken.None);

    private Task<GuestOutcome> ComeAsync(ElasticDesk desk, ElasticDesk host, CancellationToken cancellationToken)
        => new ElasticGuest(desk, _options, _secret).ComeAsync("127.0.0.1", host.Self.Port, null, cancellationToken);

    private async Task<string> ComeAndEndAsync(int rank, ElasticDesk host)
    {
        using var stop = new CancellationTokenSource();
        var desk = Open(rank);
        var coming = ComeAsync(desk, host, stop.Token);
        await SeatedAsync(host, 1);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => coming);
        await desk.DisposeAsync();
        return desk.Self.Title;
    }

    private static Task SeatedAsync(ElasticDesk host, int count)
        => Task.Run(() => Assert.True(SpinWait.SpinUntil(() => host.Look().Seats.Count >= count, Patience), "Nobody came."));
}
