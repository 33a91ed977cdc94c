using System.Globalization;
using Mlp.TestSupport;
using Xunit.Abstractions;

namespace Mlp.Training.Tests.Distributed.Rounds;

/// <summary>
/// Processes that train together, and one of them is killed, stopped, paused or slowed at a step. Nobody hangs, those that go on say who is lost, and end with the loss of trainings by the same members, or fewer of them, to which
/// nothing happens. The loss falls so steadily that one of another step would be outside of the band, and far outside that of a training that had lost its weights or its momentum.
/// </summary>
public sealed class ElasticRoundsTests(ITestOutputHelper output)
{
    private const int Few = 4;
    private const int MostMembers = 4;
    private const int FirstStep = 20;
    private const int LastStep = 100;
    private const int Steps = 120;
    private const int SnapshotSteps = 5;
    private const int Seed = 5;

    /// <summary>After what a stopped member is given up, and after what nobody is.</summary>
    private const int ShortSeconds = 10;
    private const int LongSeconds = 60;

    /// <summary>How long a round may last.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [LinuxFact]
    public async Task Rounds_RandomMemberKilledStoppedPausedOrSlowed_OthersEndWithTheLossOfTrainingsWithoutFaults()
    {
        using var pool = new ChildPool();
        var report = new RoundReport(output);
        var clean = await TrainWithoutFaultsAsync(pool);
        output.WriteLine(clean.ToString());
        foreach (var number in TestRounds.Numbers(Few))
        {
            var round = Round.From(number);
            await report.RunAsync(number, round, round.Fault, () => RunAsync(pool, round, clean));
        }

        report.End();
    }

    private static async Task<CleanTrainings> TrainWithoutFaultsAsync(ChildPool pool)
    {
        var (ends, members) = (new List<End>(), MostMembers);
        for (; members > 0; members--)
        {
            ends.Insert(0, (await EndAsync(Begin(pool, members, true, Steps, LongSeconds, _ => []))).Distinct().Single());
        }

        return new(ends, (await EndAsync(Begin(pool, 1, true, Steps - 1, LongSeconds, _ => [])))[0].Loss - ends[0].Loss);
    }

    private static async Task<RoundOutcome> RunAsync(ChildPool pool, Round round, CleanTrainings clean)
    {
        // Those that are left wait near the end for the one that was stopped to wake.
        var waiter = round.Victim == 0 ? 1 : 0;
        var wakes = round.Fault == "stopped";
        var members = Begin(pool, round.WorldSize, round.SharesMemory, Steps, wakes ? ShortSeconds : LongSeconds, rank => rank == round.Victim ? [round.Word] : wakes && rank == waiter ? [$"wait@{LastStep + SnapshotSteps}"] : []);
        var others = members.Where((_, rank) => rank != round.Victim).ToArray();
        switch (round.Fault)
        {
            case "killed":
                await members[round.Victim].AwaitDeathAsync(Limit);
                return await CheckOthersAsync(round, members[round.Victim], others, clean);
            case "stopped" when round is { WorldSize: 2, Victim: 0 }:
                return await CheckHalfAsync(members[0], members[1], clean);
            case "stopped":
                await others[0].AwaitLineAsync("changed 2 ", Limit);
                members[round.Victim].Wake();
                Assert.StartsWith("ended GivenUp ", (await members[round.Victim].EndAsync(Limit))[^2], StringComparison.Ordinal);
                others[0].GoOn();
                return await CheckOthersAsync(round, members[round.Victim], others, clean);
            default:
                Assert.Equal(clean.Of(round.WorldSize), Assert.Single((await EndAsync(members)).Distinct()));
                Assert.All(members, m => Assert.DoesNotContain(m.Lines, l => l.StartsWith("changed", StringComparison.Ordinal)));
                return new("same bits as without", 0, clean.Of(round.WorldSize).Loss);
        }
    }

    private static async Task<RoundOutcome> CheckOthersAsync(Round round, WarmChild victim, WarmChild[] others, CleanTrainings clean)
    {
        var ends = await EndAsync(others);
        foreach (var member in others)
        {
            var words = Assert.Single(member.Lines, l => l.StartsWith("changed ", StringComparison.Ordinal)).Split(' ', 5);
            Assert.Equal(("2", (round.WorldSize - 1).ToString(CultureInfo.InvariantCulture)), (words[1], words[2]));
            Assert.InRange(int.Parse(words[3], CultureInfo.InvariantCulture), round.Step - SnapshotSteps, LastStep + SnapshotSteps);
            Assert.Contains(FormattableString.Invariant($"rank {round.Victim} (process {victim.Id} "), words[4], StringComparison.Ordinal);
        }

        return new("others go on, loss within the band", others.Max(Interruption), clean.Check(Assert.Single(ends.Distinct())));
    }

    // The second of two cannot know whether a stopped first one works on: it gives up with a sentence, and the first, which wakes, goes on alone.
    private static async Task<RoundOutcome> CheckHalfAsync(WarmChild first, WarmChild second, CleanTrainings clean)
    {
        Assert.StartsWith("ended NoMajority ", (await second.EndAsync(Limit))[^2], StringComparison.Ordinal);
        first.Wake();
        return new("the second of two gives up, the first goes on, loss within the band", 0, clean.Check((await EndAsync(first))[0]));
    }

    private static double Interruption(WarmChild member)
        => double.Parse(member.Lines.Single(l => l.StartsWith("interrupted ", StringComparison.Ordinal)).Split(' ')[1], CultureInfo.InvariantCulture);

    private static WarmChild[] Begin(ChildPool pool, int worldSize, bool sharesMemory, int steps, int heartbeatSeconds, Func<int, string[]> faults)
        => pool.Begin(
            worldSize,
            rank => ["elastic", FormattableString.Invariant($"steady={steps}"), FormattableString.Invariant($"seed={Seed}"), FormattableString.Invariant($"heartbeat={heartbeatSeconds}"), .. faults(rank)],
            ("MLP_CHILD_SOCKETS", sharesMemory ? "" : "1"));

    private static async Task<End[]> EndAsync(params WarmChild[] members)
        => [.. (await Task.WhenAll(members.Select(m => m.EndAsync(Limit)))).Select(lines =>
        {
            Assert.True(lines[^2].StartsWith("done ", StringComparison.Ordinal), string.Join('\n', lines));
            var words = lines[^2].Split(' ');
            return new End(words[1], double.Parse(words[2], CultureInfo.InvariantCulture));
        })];

    /// <summary>How a training ended.</summary>
    private sealed record End(string Hash, double Loss);

    /// <summary>
    /// Trainings to which nothing happens, by one member and more. The loss that is expected is one of theirs, give or take half of what the last step gains: an epoch that is cut anew has its rows in other batches.
    /// </summary>
    private sealed record CleanTrainings(IReadOnlyList<End> Ends, double StepGain)
    {
        private double Least => Ends.Min(e => e.Loss) - (StepGain / 2);

        private double Greatest => Ends.Max(e => e.Loss) + (StepGain / 2);

        public End Of(int members) => Ends[members - 1];

        public double Check(End end)
        {
            Assert.True(end.Loss >= Least && end.Loss <= Greatest, FormattableString.Invariant($"Expected a loss of {Least:F5} to {Greatest:F5}, but found {end.Loss:F5}."));
            return end.Loss;
        }

        public override string ToString()
            => FormattableString.Invariant($"losses without faults, 1 to {Ends.Count} members: {string.Join(", ", Ends.Select(e => e.Loss.ToString("F5", CultureInfo.InvariantCulture)))}; expected of rounds: {Least:F5} to {Greatest:F5}");
    }

    private sealed record Round(int WorldSize, bool SharesMemory, string Fault, int Victim, int Step, int PauseMilliseconds)
    {
        private static readonly string[] Faults = ["killed", "stopped", "paused", "slowed"];

        public string Word => string.Create(CultureInfo.InvariantCulture, $"{Fault switch { "killed" => "kill", "stopped" => "stop", "slowed" => "slow", _ => $"pause{PauseMilliseconds}" }}@{Step}");

        public static Round From(int number)
        {
            var random = TestRounds.RandomOf(number);
            var worldSize = random.Next(2, MostMembers + 1);
            return new(worldSize, random.Next(2) == 0, Faults[number % Faults.Length], random.Next(worldSize), random.Next(FirstStep, LastStep), random.Next(100, 1000));
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"rank {Victim} of {WorldSize} {Fault} at step {Step}, {(SharesMemory ? "shared memory" : "sockets")}");
    }
}
