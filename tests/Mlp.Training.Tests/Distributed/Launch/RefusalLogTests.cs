using Microsoft.Extensions.Time.Testing;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Launch;

namespace Mlp.Training.Tests.Distributed.Launch;

/// <summary>What the log of the side that listens says of callers that it refuses.</summary>
public sealed class RefusalLogTests
{
    private readonly KeptWarnings<ProcessGroup> _log = new();
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Tell_AgainAndAgain_WritesAFewAndHowManyItHasLeftOut()
    {
        RefusalLog log = new(_log, _clock, "the rendezvous");
        for (var i = 0; i < RefusalLog.LinesPerWindow + 7; i++)
        {
            log.Tell("10.0.0.1:5", "It is none of ours.");
        }

        Assert.Equal(RefusalLog.LinesPerWindow, _log.Messages.Count);
        Assert.All(_log.Messages, m => Assert.Equal("A caller of the rendezvous from 10.0.0.1:5 was refused: It is none of ours.", m));

        _clock.Advance(RefusalLog.Window);
        log.Tell("10.0.0.2:5", "It is none of ours.");
        log.Tell("10.0.0.3:5", "It is none of ours.");

        Assert.Equal(
            ["A caller of the rendezvous from 10.0.0.2:5 was refused: It is none of ours. Of 7 others before it nothing was written.", "A caller of the rendezvous from 10.0.0.3:5 was refused: It is none of ours."],
            _log.Messages.Skip(RefusalLog.LinesPerWindow));
    }

    [Fact]
    public async Task Gather_CallerWithAnotherSecret_IsWarnedOfWithItsAddressAndTheReason()
    {
        var place = new GroupPlace(0, 2, "127.0.0.1", 0, "");
        using var host = new RendezvousHost(place, Describe(0), new("right"), _clock, _log);
        using var stop = new CancellationTokenSource();
        var gathering = host.GatherAsync(TimeSpan.FromMinutes(2), stop.Token);

        await Assert.ThrowsAsync<RendezvousException>(() => RendezvousCaller.JoinAsync(
            place with { Rank = 1, MasterPort = host.Port },
            _ => Describe(1),
            new("wrong"),
            TimeSpan.FromMinutes(2),
            _clock,
            CancellationToken.None));
        Assert.True(SpinWait.SpinUntil(() => _log.Messages.Count > 0, TimeSpan.FromMinutes(1)), "Nothing was written.");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gathering);

        var warning = Assert.Single(_log.Messages);
        Assert.Matches(@"^A caller of the rendezvous from \S*127\.0\.0\.1\S*:\d+ was refused: Expected the process at \S+ to prove that it knows this group's secret, but it left on seeing this side's proof", warning);
        Assert.Contains("whose secret is another or missing", warning, StringComparison.Ordinal);
    }

    private static RankDescription Describe(int rank) => new() { Rank = rank, WorldSize = 2, RunId = "", Host = "here", HostName = "here", ProcessId = rank, Settings = [] };
}
