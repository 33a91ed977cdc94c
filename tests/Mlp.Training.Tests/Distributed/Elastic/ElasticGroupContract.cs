using Mlp.Training.Distributed.Elastic;

namespace Mlp.Training.Tests.Distributed.Elastic;

/// <summary>What members do whatever they are made of.</summary>
public abstract class ElasticGroupContract
{
    private const int Steps = 60;

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void JoinAsync_AllCome_FormTheFirstGenerationInTheirOrder(int count)
    {
        var programs = Start(Create(count, new()));
        ElasticProgram.Join(programs);

        Assert.All(programs, p => Assert.Null(p.Failure));
        Assert.Equal(Enumerable.Range(0, count).Select(r => (r, count)), programs.Select(p => p.Place));
        Assert.All(programs, p => Assert.Equal((1, count, 0), (p.Changes.Single().Generation, p.Changes[0].WorldSize, p.Changes[0].FormerWorldSize)));
    }

    [Theory]
    [InlineData(4, 2)]
    [InlineData(4, 0)]
    [InlineData(2, 0)]
    [InlineData(4, 0, 1)]
    [InlineData(5, 1, 3, 4)]
    public void ReformAsync_MembersEnd_OthersGoOnInTheirOrder(int count, params int[] lost)
    {
        var programs = Start(Create(count, new()), (rank, step) => step < 20 || !lost.Contains(rank));
        ElasticProgram.Join(programs);

        var left = programs.Where((_, rank) => !lost.Contains(rank)).ToArray();
        Assert.All(left, p => Assert.Null(p.Failure));
        Assert.All(left, p => Assert.Equal(Steps, p.Step));
        Assert.Equal(Enumerable.Range(0, left.Length).Select(r => (r, left.Length)), left.Select(p => p.Place));
        Assert.Equal(lost.Select(r => $"rank {r}"), left[0].Changes.SelectMany(c => c.Lost).Select(l => l[..6]).Order(StringComparer.Ordinal));
        Assert.Equal("rank", left[0].Changes[^1].Lost[0][..4]);
    }

    [Fact]
    public void ReformAsync_OneAfterTheOtherEnds_TheLastGoesOnAlone()
    {
        var programs = Start(Create(4, new()), (rank, step) => step < 10 * (rank + 1) || rank == 3);
        ElasticProgram.Join(programs);

        Assert.Null(programs[3].Failure);
        Assert.Equal((0, 1), programs[3].Place);
        Assert.Equal(Steps, programs[3].Step);
        Assert.Equal([4, 3, 2, 1], programs[3].Changes.Select(c => c.WorldSize));
    }

    [Fact]
    public void JoinAsync_Newcomers_AreLetInBehindTheOthers()
    {
        using var four = new ManualResetEventSlim();
        bool GoesOn(ElasticProgram program)
        {
            if (program.Place.WorldSize == 4 && program.Step % 20 == 0)
            {
                four.Set();
            }

            return !four.IsSet;
        }

        var members = Create(2, new());
        ElasticProgram[] programs = [.. members.Select(m => ElasticProgram.Start(m, int.MaxValue, GoesOn))];
        SpinWait.SpinUntil(() => members.All(m => m.Generation > 0));
        ElasticProgram[] newcomers = [.. Enumerable.Range(0, 2).Select(_ => ElasticProgram.Start(CreateNewcomer(members, new()), int.MaxValue, GoesOn))];
        ElasticProgram.Join([.. programs, .. newcomers]);

        Assert.All(programs.Concat(newcomers), p => Assert.Null(p.Failure));
        Assert.Contains(programs[0].Changes, c => c is { WorldSize: 4, Lost.Count: 0, Cause: null, JoinedCount: > 0 });
        Assert.All(programs, (p, rank) => Assert.Equal((rank, 2), p.Places[0]));
        Assert.All(newcomers, n => Assert.InRange(n.Places[0].Rank, 2, 3));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public void ReformAsync_ReplacementComesInTime_TakesTheEmptyPlace(int lost)
    {
        var options = new ElasticGroupOptions { MaximumMembers = 3, WaitForReplacement = TimeSpan.FromMinutes(1) };
        var members = Create(3, options);
        var programs = Start(members, (rank, step) => step < 20 || rank != lost);
        ElasticProgram.Join(programs[lost]);
        var replacement = ElasticProgram.Start(CreateNewcomer(members, options), Steps, _ => true);
        ElasticProgram.Join([.. programs, replacement]);

        Assert.All(programs.Append(replacement), p => Assert.Null(p.Failure));
        Assert.Equal([3, 3], programs[2].Changes.Select(c => c.WorldSize));
    }

    [Fact]
    public void ReformAsync_TooFewAreLeft_AllThrowTheSameSentence()
    {
        var programs = Start(Create(4, new() { MinimumMembers = 3, WaitForMinimum = TimeSpan.FromSeconds(1) }), (rank, step) => step < 20 || rank > 1);
        ElasticProgram.Join(programs);

        var failures = programs[2..].Select(p => Assert.IsType<ElasticGroupException>(p.Failure)).ToArray();
        Assert.All(failures, f => Assert.Equal(ElasticFailure.BelowMinimum, f.Failure));
        Assert.StartsWith("Expected at least 3 members of group 'world' within 1 s, but 2 came. Missing: ", failures[0].Message, StringComparison.Ordinal);
        Assert.Equal(failures[0].Message, failures[1].Message);
    }

    [Fact]
    public void JoinAsync_NewcomerWouldDoSomethingElse_IsRefusedAndTheOthersGoOn()
    {
        var members = Create(2, new());
        foreach (var member in members)
        {
            member.Require(new Dictionary<string, string> { ["training rows"] = "a" });
        }

        using var refused = new ManualResetEventSlim();
        var programs = Start(members, steps: 1_000_000, goesOn: (_, _) => !refused.IsSet);
        SpinWait.SpinUntil(() => members.All(m => m.Generation > 0));
        var newcomer = CreateNewcomer(members, new());
        newcomer.Require(new Dictionary<string, string> { ["training rows"] = "b" });
        var misfit = ElasticProgram.Start(newcomer, 1);
        ElasticProgram.Join(misfit);
        refused.Set();
        ElasticProgram.Join(programs);

        var failure = Assert.IsType<ElasticGroupException>(misfit.Failure);
        Assert.Equal(ElasticFailure.Refused, failure.Failure);
        Assert.Contains("to do the same as group 'world', but it has training rows b and the others a.", failure.Message, StringComparison.Ordinal);
        Assert.All(programs, p => Assert.Null(p.Failure));
    }

    /// <summary>Members that begin together.</summary>
    protected abstract IReadOnlyList<ElasticGroup> Create(int count, ElasticGroupOptions options);

    /// <summary>Another one.</summary>
    protected abstract ElasticGroup CreateNewcomer(IReadOnlyList<ElasticGroup> members, ElasticGroupOptions options);

    /// <summary>Starts members, of which each goes on as long as it is told by its rank at the beginning and its step.</summary>
    private protected static ElasticProgram[] Start(IReadOnlyList<ElasticGroup> members, Func<int, int, bool>? goesOn = null, int steps = Steps)
        => [.. members.Select((member, rank) => ElasticProgram.Start(member, steps, p => goesOn?.Invoke(rank, p.Step) ?? true))];
}
