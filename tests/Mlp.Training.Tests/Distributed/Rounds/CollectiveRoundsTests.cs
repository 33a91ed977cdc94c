using System.Globalization;
using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Distributed.Launch;
using Mlp.TrainingChild;
using Xunit.Abstractions;

namespace Mlp.Training.Tests.Distributed.Rounds;

/// <summary>
/// Processes that make random calls, and one of them is killed, stopped, paused or slowed in one of them. Nobody waits for longer than the round's limit, all are told who it was, and where it goes on by itself all end with the
/// bits of ranks to which nothing happens.
/// </summary>
public sealed class CollectiveRoundsTests(ITestOutputHelper output)
{
    private const int Few = 5;
    private const int Calls = 40;
    private const int ShortSeconds = 8;
    private const int LongSeconds = 60;

    /// <summary>How long a round may last: the longest time limit of its calls, and what it takes to ask ranks that do not answer.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(LongSeconds + 30);

    [LinuxFact]
    public async Task Rounds_RandomRankKilledStoppedPausedOrSlowed_NobodyHangsAndAllNameIt()
    {
        using var pool = new ChildPool();
        var report = new RoundReport(output);
        foreach (var number in TestRounds.Numbers(Few))
        {
            var round = Round.From(number);
            await report.RunAsync(number, round, round.Fault, () => RunAsync(pool, round));
        }

        report.End();
    }

    [LinuxFact]
    public async Task Round_TheFirstRankIsLate_ItAloneIsNamed()
    {
        using var pool = new ChildPool();

        await RunAsync(pool, new(1, 4, true, ReductionAlgorithm.Ring, Round.Late, Victim: 0, Call: 1));
    }

    private static async Task<RoundOutcome> RunAsync(ChildPool pool, Round round)
    {
        var ranks = pool.Begin(round.WorldSize, _ => round.Words(), ("MLP_CHILD_SOCKETS", round.SharesMemory ? "" : "1"), ("MLP_CHILD_ALGORITHM", round.Algorithm.ToString()));
        if (round.GoesOn)
        {
            var results = await Task.WhenAll(ranks.Select(r => r.EndAsync(Limit)));
            Assert.Equal(round.ExpectedLines(), results.Select(l => l[0]));
            return new("same bits");
        }

        var others = ranks.Where((_, rank) => rank != round.Victim).ToArray();
        var failures = (await Task.WhenAll(others.Select(r => r.EndAsync(Limit)))).Select(l => l[0].Split(' ', 5)).ToArray();
        Assert.All(failures, f => Assert.Equal(("failed", round.Expected.Name, round.Victim.ToString(CultureInfo.InvariantCulture)), (f[0], f[1], f[2])));
        Assert.All(failures, f => Assert.Contains(round.Sentence, f[4], StringComparison.Ordinal));
        await EndAsync(ranks[round.Victim], round);
        return new($"{round.Expected.Name} of all others", failures.Max(f => double.Parse(f[3], CultureInfo.InvariantCulture)));
    }

    // Who wakes learns that the others have gone.
    private static async Task EndAsync(WarmChild victim, Round round)
    {
        if (round.Fault == Round.Killed)
        {
            await victim.AwaitDeathAsync(Limit);
            return;
        }

        victim.Wake();
        Assert.StartsWith("failed ", (await victim.EndAsync(Limit))[0], StringComparison.Ordinal);
    }

    private sealed record Round(int Seed, int WorldSize, bool SharesMemory, ReductionAlgorithm Algorithm, string Fault, int Victim, int Call)
    {
        public const string Killed = "killed";
        public const string Silent = "stopped, silent for too long";
        public const string Late = "stopped, late for a call";
        public const string Paused = "paused";
        public const string Slowed = "slowed";

        private static readonly string[] Faults = [Killed, Silent, Late, Paused, Slowed];

        public bool GoesOn => Fault is Paused or Slowed;

        public Type Expected => Fault == Late ? typeof(CollectiveTimeoutException) : typeof(RankLostException);

        public string Sentence => Fault switch
        {
            Killed => "ended: its connection closed",
            Late when Victim == 0 => FormattableString.Invariant($"within {ShortSeconds} s, but it did not, and rank 0 does not answer"),
            Late => FormattableString.Invariant($"within {ShortSeconds} s, but rank {Victim} did not come"),
            _ => FormattableString.Invariant($"has given no sign of life for {ShortSeconds} s"),
        };

        public static Round From(int number)
        {
            var random = TestRounds.RandomOf(number);
            var worldSize = random.Next(2, 5);
            return new(random.Next(100_000), worldSize, random.Next(2) == 0, (ReductionAlgorithm)random.Next(5), Faults[number % Faults.Length], random.Next(worldSize), random.Next(Calls));
        }

        public IEnumerable<string> Words()
        {
            var (timeout, heartbeat) = (Fault == Late ? ShortSeconds : LongSeconds, Fault == Silent ? ShortSeconds : LongSeconds);
            var word = Fault switch { Killed => "kill", Paused => "pause", Slowed => "slow", _ => "stop" };
            return ["round", .. new object[] { Seed, Calls, word, Victim, Call, timeout, heartbeat }.Select(w => Convert.ToString(w, CultureInfo.InvariantCulture)!)];
        }

        /// <summary>What ranks print that are threads, and to which nothing happens.</summary>
        public string[] ExpectedLines()
        {
            var lines = new string[WorldSize];
            ProcessGroup.RunInProcess(WorldSize, group =>
            {
                using var program = new RoundProgram(Seed, isWhole: Algorithm is ReductionAlgorithm.HalvingDoubling or ReductionAlgorithm.Hierarchical);
                for (var call = 0; call < Calls; call++)
                {
                    program.Call(group);
                }

                lines[group.Rank] = $"results {program.Hash}";
            });
            return lines;
        }

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture, $"rank {Victim} of {WorldSize} {Fault} at call {Call}, {(SharesMemory ? "shared memory" : "sockets")}, {Algorithm}");
    }
}
