using System.Globalization;
using Mlp.CrashChild.Steps;
using Mlp.Features.Tests.Online;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Model;

/// <summary>Processes that do a history of steps are killed (SIGKILL) between and within steps: every acknowledged step is in, and the one that was being done is in as a whole or not at all.</summary>
public sealed class StoreKillProperties : IDisposable
{
    private const int MaximumKills = 3;

    private readonly TempDirectory _directory = new();
    private int _stores;

    public void Dispose() => _directory.Dispose();

    [StoreRounds(perRound: 0.5)]
    public async Task Store_ProcessKilledAnywhere_IsAsItsModel((byte Kind, byte A, byte B, byte C)[] history, bool hasHotTier, byte delay)
    {
        var root = _directory.Combine(_stores++.ToString(CultureInfo.InvariantCulture));
        var hotTierSize = hasHotTier ? OnlineTestViews.SmallHotTier : 0;
        var (steps, kills) = Plan(history, delay);
        var model = new StoreModel(OnlineTestViews.Start);
        var done = 0;
        foreach (var kill in kills)
        {
            var acknowledged = await RunAndKillAsync(root, steps[done..], model, hotTierSize, Math.Max(0, kill.Position - done), kill.Delay);
            model = await JudgeAsync(root, hotTierSize, model, steps[done..], acknowledged);
            done = Math.Min(steps.Count, done + acknowledged + 1);
        }
    }

    /// <summary>The steps, and after how many of them the process is killed, and how many microseconds later.</summary>
    private static (List<StoreStep> Steps, List<(int Position, int Delay)> Kills) Plan((byte Kind, byte A, byte B, byte C)[] history, byte delay)
    {
        var steps = new List<StoreStep>();
        var kills = new List<(int Position, int Delay)>();
        foreach (var step in history.Select(h => StoreStep.Create(h.Kind, h.A, h.B, h.C)))
        {
            if (step.Kind != StoreStepKind.Kill)
            {
                steps.Add(step);
            }
            else if (kills.Count < MaximumKills - 1)
            {
                kills.Add((steps.Count, DelayOf(step.A)));
            }
        }

        // The last one somewhere in what remains.
        var from = kills.Count == 0 ? 0 : kills[^1].Position;
        kills.Add((from + ((steps.Count - from) * (delay % 8) / 8), DelayOf(delay)));
        return (steps, kills);
    }

    // At once up to the length of a compaction.
    private static int DelayOf(byte value) => value % 16 == 0 ? 0 : 1 << (value % 16);

    private async Task<int> RunAndKillAsync(string root, List<StoreStep> steps, StoreModel model, long hotTierSize, int position, int delay)
    {
        var file = _directory.Combine("steps.txt");
        await File.WriteAllLinesAsync(file, steps.Select(step => step.ToString()));
        using var child = ChildProcess.StartScenario(
            "steps", root, file, model.Now.ToString(CultureInfo.InvariantCulture), model.IsEvolved.ToString(), hotTierSize.ToString(CultureInfo.InvariantCulture));
        Assert.Equal("open", await child.ReadLineAsync() ?? await child.ReadErrorsAsync());
        var acknowledged = 0;
        for (; acknowledged < position; acknowledged++)
        {
            Assert.Equal(FormattableString.Invariant($"ack {acknowledged}"), await child.ReadLineAsync() ?? await child.ReadErrorsAsync());
        }

        var since = TimeProvider.System.GetTimestamp();
        SpinWait.SpinUntil(() => TimeProvider.System.GetElapsedTime(since).TotalMicroseconds >= delay);
        var rest = await child.KillAsync();
        Assert.Equal(137, child.ExitCode);
        return acknowledged + rest.Count;
    }

    /// <summary>Holds what is left against the model with and without the step that was being done.</summary>
    /// <returns>The model that it is as.</returns>
    private static async Task<StoreModel> JudgeAsync(string root, long hotTierSize, StoreModel model, List<StoreStep> steps, int acknowledged)
    {
        model.Open();
        foreach (var step in steps.Take(acknowledged))
        {
            model.Apply(step);
        }

        var (without, with) = (model, model.Copy());
        if (steps.Count > acknowledged)
        {
            with.Apply(steps[acknowledged]);

            // Time passes in any case, and the application that opens the store next has the second version.
            without.Apply(steps[acknowledged] with { Kind = steps[acknowledged].Kind is StoreStepKind.Advance or StoreStepKind.Evolve ? steps[acknowledged].Kind : StoreStepKind.Checkpoint });
        }

        without.Open();
        with.Open();
        var store = new SteppedStore(root, with.Now, with.IsEvolved, hotTierSize);
        await store.OpenAsync();
        try
        {
            var (online, offline) = (await StoreObservation.ReadOnlineAsync(store, acknowledged), await StoreObservation.ReadOfflineAsync(store));
            if (online.SequenceEqual(StoreObservation.ExpectOnline(with)) && offline.SequenceEqual(StoreObservation.ExpectOffline(with)))
            {
                return with;
            }

            Assert.Equal(StoreObservation.ExpectOnline(without), online);
            Assert.Equal(StoreObservation.ExpectOffline(without), offline);
            return without;
        }
        finally
        {
            await store.CloseAsync();
        }
    }
}
