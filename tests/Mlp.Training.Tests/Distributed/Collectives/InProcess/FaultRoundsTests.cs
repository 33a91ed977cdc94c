using Microsoft.Extensions.Time.Testing;
using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;

namespace Mlp.Training.Tests.Distributed.Collectives.InProcess;

/// <summary>Random programs in which something happens to one rank at one call: no rank hangs, and each rank that waits learns who is to blame.</summary>
public sealed class FaultRoundsTests
{
    private const int CallCount = 30;

    [Fact]
    public void Program_ARankIsKilled_AllOthersNameIt() => Rounds(FaultKind.Kill, (round, failures) =>
    {
        Assert.IsType<InjectedFaultException>(failures[round.Victim]);
        AssertOthers<RankLostException>(round, failures);
    });

    [Fact]
    public void Program_ARankIsKilledAfterACall_AllOthersNameItOrHaveEnded() => Rounds(FaultKind.KillAfter, (round, failures) =>
    {
        Assert.IsType<InjectedFaultException>(failures[round.Victim]);
        if (round.Fault.Call < CallCount - 1)
        {
            AssertOthers<RankLostException>(round, failures);
        }
    });

    [Fact]
    public void Program_ARankStalls_AllOthersNameItAfterTheLimitAndItLearnsOfItLater() => Rounds(FaultKind.Stall, (round, failures) =>
    {
        AssertOthers<CollectiveTimeoutException>(round, failures);
        Assert.IsType<CollectiveTimeoutException>(failures[round.Victim]);
    });

    [Fact]
    public void Program_ARankIsSlow_AllEndWell() => Rounds(FaultKind.Delay, (_, failures) => Assert.All(failures, Assert.Null));

    [Fact]
    public void Program_ARankLeavesACallOut_AllLearnThatCallsDiffer() => Rounds(FaultKind.Drop, (round, failures) =>
    {
        if (round.Fault.Call < CallCount - 1)
        {
            Assert.All(failures, f => Assert.IsType<CollectiveMismatchException>(f));
            Assert.All(failures, f => Assert.Contains(round.WorldSize == 2 ? 1 : round.Victim, ((CollectiveException)f!).Ranks));
        }
    });

    private static void AssertOthers<TException>(Round round, Exception?[] failures)
        where TException : CollectiveException
    {
        for (var rank = 0; rank < failures.Length; rank++)
        {
            if (rank != round.Victim)
            {
                Assert.Equal([round.Victim], Assert.IsType<TException>(failures[rank]).Ranks);
            }
        }
    }

    private static void Rounds(FaultKind kind, Action<Round, Exception?[]> check)
    {
        for (var number = 0; number < TestRounds.Count; number++)
        {
            var round = Round.From(kind, number);
            var clock = new FakeTimeProvider();
            var groups = FaultyBackend.CreateInProcess(round.WorldSize, round.Fault, new() { TimeProvider = clock });

            // The clock goes on only when all others have come to the call in which one stalls, in steps that leave them time to wait there; who stalls is let go when the others have given up.
            var failures = RankThreads.Start(groups, g => RunProgram(g, round)).Join(() =>
            {
                if (kind == FaultKind.Stall && groups.All(g => round.Fault.Begun.GetValueOrDefault(g.Rank) > round.Fault.Call))
                {
                    clock.Advance(TimeSpan.FromSeconds(3));
                }

                if (groups.All(g => g.Rank == round.Victim || g.Failure is not null))
                {
                    round.Fault.Release.Set();
                }
            });

            check(round, failures);
        }
    }

    private static void RunProgram(ProcessGroup group, Round round)
    {
        var random = new Random(round.Seed);
        for (var call = 0; call < CallCount; call++)
        {
            var length = random.Next(2) == 0 ? random.Next(2000) : random.Next(2000, 20_000);
            MakeCall(group, random.Next(6), length);
        }
    }

    private static void MakeCall(ProcessGroup group, int kind, int length)
    {
        switch (kind)
        {
            case 0:
                group.AllReduce<float>(new float[length]);
                break;
            case 1:
                group.StartAllReduce<Half>(new Half[length]).Wait();
                break;
            case 2:
                group.Broadcast<double>(new double[length], length % group.WorldSize);
                break;
            case 3:
                group.AllGather<int>(new int[length], new int[length * group.WorldSize]);
                break;
            case 4:
                group.ReduceScatter<float>(new float[length * group.WorldSize], new float[length]);
                break;
            default:
                group.Barrier();
                break;
        }
    }

    private sealed record Round(int Seed, int WorldSize, Fault Fault)
    {
        public int Victim => Fault.Rank;

        public static Round From(FaultKind kind, int number)
        {
            var random = new Random((number * 1009) + (int)kind);
            var worldSize = random.Next(2, 9);
            return new(random.Next(), worldSize, new Fault(kind, random.Next(worldSize), random.Next(CallCount)));
        }
    }
}
