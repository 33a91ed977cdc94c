using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Collectives.Tcp.Control;

namespace Mlp.Training.Tests.Distributed.Collectives.Tcp.Control;

/// <summary>What rank 0 makes of the ranks' messages, without sockets and clocks.</summary>
public sealed class ControlDeskTests
{
    private static readonly int[] Members = [0, 1, 2];
    private static readonly CollectiveCall Call = new(4, CollectiveKind.AllReduce, ElementType.Float32, 10, ReduceOperation.Sum, -1) { Tensor = "w" };

    private readonly List<(int Rank, ControlMessage Message)> _sent = [];
    private readonly ControlDesk _desk;

    public ControlDeskTests()
    {
        _desk = new(["p0", "p1", "p2"], (rank, message) => _sent.Add((rank, message)), _ => null, patienceTicks: 100);
        foreach (var rank in Members)
        {
            _desk.Take(rank, new ControlMessage.Offer("g", "world", Members, 0, [(byte)rank]), 0);
        }
    }

    [Fact]
    public void Offers_OfAll_GoToAllInTheOrderOfMembers()
    {
        Assert.Equal([0, 1, 2], _sent.Select(s => s.Rank));
        Assert.All(_sent, s => Assert.Equal([0, 1, 2], Assert.IsType<ControlMessage.Offers>(s.Message).Payloads.Select(p => (int)p[0])));
    }

    [Fact]
    public void Timeout_OneHasNotCome_ItIsNamed()
    {
        Report(TroubleKind.Timeout);
        Answer(0, Call);
        Answer(1, null);
        Answer(2, Call);

        AssertVerdict<CollectiveTimeoutException>([1], "Expected 3 ranks at AllReduce of 'w' (call 4 of group 'world') within 1 s, but rank 1 did not come.");
    }

    [Fact]
    public void Timeout_OneDoesNotAnswer_ItIsNamedWhenPatienceEnds()
    {
        Report(TroubleKind.Timeout);
        Answer(0, Call);
        Answer(2, Call);

        _desk.Tick(99);
        Assert.DoesNotContain(_sent, s => s.Message is ControlMessage.Verdict);
        _desk.Tick(100);

        AssertVerdict<CollectiveTimeoutException>([1], "but rank 1 did not come");
    }

    [Fact]
    public void Mismatch_OneDiffers_ItIsNamedWithWhatDiffers()
    {
        Report(TroubleKind.Mismatch);
        Answer(0, Call);
        Answer(1, Call with { Length = 11 });
        Answer(2, Call);

        AssertVerdict<CollectiveMismatchException>([1], "the length is 10 on rank 0");
    }

    [Fact]
    public void Lost_WhileAsked_IsTheVerdict()
    {
        Report(TroubleKind.Timeout);
        _desk.Lose(1, "ended: its connection closed");
        Answer(0, Call);

        AssertVerdict<RankLostException>([1], "Rank 1 of group 'world' is gone: p1 ended: its connection closed.");
    }

    [Fact]
    public void Lost_AfterLeaving_IsNoFailure()
    {
        _desk.Take(1, new ControlMessage.Leave("g", 5), 0);
        _desk.Lose(1, "ended");

        Assert.DoesNotContain(_sent, s => s.Message is ControlMessage.Verdict);
        Assert.Contains(_sent, s => s is (0, ControlMessage.Left { Rank: 1, Calls: 5 }));
    }

    [Fact]
    public void Report_AfterTheVerdict_GetsTheFirst()
    {
        _desk.Take(2, new ControlMessage.Report("g", TroubleKind.Stated, [], -1, 0, GroupFailure.OfLost("first", 2)), 0);
        _sent.Clear();
        _desk.Take(0, new ControlMessage.Report("g", TroubleKind.Stated, [], -1, 0, GroupFailure.OfLost("second", 0)), 0);

        Assert.Equal("first", Assert.IsType<ControlMessage.Verdict>(Assert.Single(_sent).Message).Failure.Message);
    }

    [Fact]
    public void Setup_OneDoesNotCome_ItIsNamed()
    {
        _desk.Take(0, new ControlMessage.Offer("g", "world", Members, 1, []), 0);
        _desk.Take(2, new ControlMessage.Offer("g", "world", Members, 1, []), 0);
        _desk.Take(2, new ControlMessage.Report("g", TroubleKind.Timeout, [], -1, 3, null), 0);

        AssertVerdict<CollectiveTimeoutException>([1], "Expected the connections of group 'world' within 3 s, but rank 2 still waits for rank 1.");
    }

    private void Report(TroubleKind kind) => _desk.Take(2, new ControlMessage.Report("g", kind, CallCodec.Encode(Call), 1, 1, null), 0);

    private void Answer(int rank, CollectiveCall? call) => _desk.Take(rank, new ControlMessage.Answer("g", 4, CallCodec.Encode(call), []), 0);

    private void AssertVerdict<T>(int[] ranks, string sentence)
        where T : CollectiveException
    {
        var verdict = _sent.Select(s => s.Message).OfType<ControlMessage.Verdict>().Select(v => v.Failure).Distinct().First();
        var exception = Assert.IsType<T>(verdict.ToException(null));
        Assert.Equal(ranks, exception.Ranks);
        Assert.Contains(sentence, exception.Message, StringComparison.Ordinal);
    }
}
