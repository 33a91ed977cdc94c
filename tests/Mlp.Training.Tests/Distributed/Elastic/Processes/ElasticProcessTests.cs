using System.Diagnostics;
using System.Globalization;
using Mlp.TestSupport;
using Mlp.Training.Tests.Distributed.Collectives.Tcp;

namespace Mlp.Training.Tests.Distributed.Elastic.Processes;

/// <summary>Real processes that train together: killed, stopped and joining ones. None of them is started again.</summary>
public sealed class ElasticProcessTests : IDisposable
{
    private readonly List<ElasticChild> _children = [];
    private readonly int _port = LoopbackPorts.Take();

    public void Dispose() => _children.ForEach(c => c.Dispose());

    [Theory]
    [InlineData(false, 2, "0:kill@12")]
    [InlineData(true, 4, "0:kill@20", "2:kill@20")]
    public async Task Train_ProcessesAreKilled_OthersGoOnAndNameThem(bool sharesMemory, int worldSize, params string[] faults)
    {
        var lost = Launch(worldSize, sharesMemory, faults);
        var left = _children.Where((_, rank) => !lost.Contains(rank)).ToArray();
        var ends = await EndAsync(left);

        Assert.Single(ends.Distinct());
        var changes = left[0].Lines.Where(l => l.StartsWith("changed", StringComparison.Ordinal)).ToArray();
        Assert.Equal(left.Length.ToString(CultureInfo.InvariantCulture), changes[^1].Split(' ')[2]);
        Assert.All(lost, rank => Assert.Contains(changes, c => c.Contains($"(process {_children[rank].Id} on host ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(0, true)]
    public async Task Train_AStoppedProcessWakes_IsGivenUpOrJoinsAgain(int stopped, bool rejoins)
    {
        string[] words = rejoins ? ["heartbeat=10", "rejoin"] : ["heartbeat=10"];
        var holder = stopped == 0 ? 1 : 0;
        for (var rank = 0; rank < 3; rank++)
        {
            Start(rank, 3, true, [.. words, .. rank == stopped ? ["stop@12"] : rank == holder ? [rejoins ? "hold3@60" : "wait@60"] : Array.Empty<string>()]);
        }

        await _children[holder].AwaitLineAsync("changed 2 2");
        _children[stopped].Wake();
        if (!rejoins)
        {
            Assert.StartsWith("ended GivenUp", (await _children[stopped].EndAsync())[^1], StringComparison.Ordinal);
            _children[holder].GoOn();
        }

        var ends = await EndAsync(rejoins ? _children : [_children[0], _children[2]]);

        Assert.Single(ends.Distinct());
        Assert.Contains("sign of life", _children[holder].Lines.First(l => l.StartsWith("changed 2", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_AReplacementComesAfterTheFirstRankWasKilled_TakesItsPlace()
    {
        string[] words = ["maximum=3", "replacement=600"];
        Launch(3, true, ["0:kill@12"], words);
        await _children[0].EndAsync();
        Start(1, 3, true, words);

        var ends = await EndAsync(_children.Skip(1).ToArray());

        Assert.Single(ends.Distinct());
        Assert.Contains(_children[1].Lines, l => l.StartsWith("changed 2 3", StringComparison.Ordinal) && l.Contains("1 joined", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Train_ANewcomerComesWhileAnotherIsKilled_AllThatAreThereEndAlike()
    {
        Launch(3, true, ["0:hold4@10", "2:kill@16"]);
        await _children[1].AwaitLineAsync("began");
        Start(7, 8, true);

        var ends = await EndAsync([_children[0], _children[1], _children[3]]);

        Assert.Single(ends.Distinct());
    }

    [Fact]
    public async Task Train_TooFewAreLeft_EndsWithASentence()
    {
        Launch(3, true, ["2:kill@12"], "minimum=3");
        var lines = await Task.WhenAll(_children[0].EndAsync(), _children[1].EndAsync());

        Assert.All(lines, l => Assert.StartsWith("ended BelowMinimum Expected at least 3 members of group 'world' within 2 s, but 2 came. Missing: process ", l[^1], StringComparison.Ordinal));
    }

    [LinuxFact]
    public async Task Train_TheLauncherEnds_MembersEnd()
    {
        using var launcher = Process.Start(new ProcessStartInfo("/bin/cat") { RedirectStandardInput = true })!;
        _children.AddRange(Enumerable.Range(0, 2).Select(rank => ElasticChild.Start(rank, 2, _port, true, launcher.Id, "epochs=100000")));
        await Task.WhenAll(_children.Select(c => c.AwaitLineAsync("began")));

        launcher.StandardInput.Close();

        await CheckLauncherEndedAsync(launcher.Id);
    }

    [LinuxFact]
    public async Task Train_TheLauncherHasEndedBefore_MembersDoNotWaitForOthers()
    {
        using var launcher = Process.Start("/bin/true");
        await launcher.WaitForExitAsync();

        _children.Add(ElasticChild.Start(0, 2, _port, true, launcher.Id));

        await CheckLauncherEndedAsync(launcher.Id);
    }

    private async Task CheckLauncherEndedAsync(int launcher)
    {
        var expected = $"ended LauncherEnded Expected this member of group 'world' to go on, but the launcher of its process, process {launcher}, has ended.";
        Assert.All(await Task.WhenAll(_children.Select(c => c.EndAsync())), lines => Assert.Equal(expected, lines[^1]));
    }

    private static async Task<string[]> EndAsync(IReadOnlyList<ElasticChild> children)
        => [.. (await Task.WhenAll(children.Select(c => c.EndAsync()))).Select((lines, i) =>
        {
            Assert.True(children[i].ExitCode == 0 && lines[^1].StartsWith("done ", StringComparison.Ordinal), string.Join('\n', lines));
            return lines[^1].Split(' ')[1];
        })];

    private HashSet<int> Launch(int worldSize, bool sharesMemory, string[] faults, params string[] words)
    {
        var byRank = faults.Select(f => f.Split(':')).ToLookup(f => int.Parse(f[0], CultureInfo.InvariantCulture), f => f[1]);
        for (var rank = 0; rank < worldSize; rank++)
        {
            Start(rank, worldSize, sharesMemory, [.. byRank[rank], .. words]);
        }

        return [.. byRank.Select(r => r.Key)];
    }

    private void Start(int rank, int worldSize, bool sharesMemory, params string[] words) => _children.Add(ElasticChild.Start(rank, worldSize, _port, sharesMemory, null, words));
}
