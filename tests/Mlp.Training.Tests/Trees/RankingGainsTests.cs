using Mlp.TestSupport;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Trees;

/// <summary>Trainings that rank by other gains do not run at once.</summary>
public sealed class RankingGainsTests
{
    private const string Steep = "0,1,10,100";
    private const string Flat = "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40";

    [Fact]
    public async Task Take_OtherGainsInUse_WaitsForTheirEnd()
    {
        var first = RankingGains.Take(Steep, default);
        using (RankingGains.Take(Steep, default))
        {
        }

        using var source = new CancellationTokenSource();
        var cancelled = Task.Run(() => RankingGains.Take(Flat, source.Token));
        var waiting = Task.Run(() => RankingGains.Take(Flat, default));
        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.False(waiting.IsCompleted);
        first.Dispose();
        (await waiting).Dispose();
    }

    [Fact]
    public void Take_GainsThatAreNone_AreRefusedAndBlockNobody()
    {
        Assert.Throws<LightGbmException>(() => RankingGains.Take("steep", default));

        RankingGains.Take(Steep, default).Dispose();
    }

    [Fact]
    public async Task FitAsync_OtherGainsAtOnce_TreesOfEachAlone()
    {
        string[] gains = [Steep, Flat, string.Empty];
        var alone = new string[gains.Length];
        for (var i = 0; i < gains.Length; i++)
        {
            alone[i] = await TrainAsync(gains[i]);
        }

        for (var round = 0; round < TestRounds.Count; round++)
        {
            Assert.Equal(alone, await Task.WhenAll(gains.Select(g => Task.Run(() => TrainAsync(g)))));
        }
    }

    private static async Task<string> TrainAsync(string gains)
    {
        var random = new Random(3);
        var x = Enumerable.Range(0, 210).Select(_ => random.NextSingle()).ToArray();
        var queries = Enumerable.Range(0, x.Length).Aggregate(new Apache.Arrow.Int64Array.Builder(), (b, i) => b.Append(i / 7)).Build();
        var set = new Rows().Float32("x", [.. x.Select(v => (float?)v)]).Other("query", queries).Label("grade", [.. x.Select(v => (float)Math.Floor(v * 4))]).Set("grade");
        var options = TreeTrainerTests.Small();
        (options.Objective, options.GroupColumn, options.MinimumRowsInLeaf, options.MaximumIterations, options.Distributed.Replicas) = (TreeObjective.LambdaRank, "query", 5, 5, 2);
        if (gains.Length > 0)
        {
            options.Parameters["label_gain"] = gains;
        }

        using var trees = await new TreeTrainer(options).FitAsync(set);
        return trees.ToText() + string.Join(' ', trees.History.Select(h => h.ValidationLoss));
    }
}
