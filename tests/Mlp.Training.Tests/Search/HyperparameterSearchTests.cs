using Mlp.Training.Evaluation;
using Mlp.Training.Networks;
using Mlp.Training.Runs;
using Mlp.Training.Search;
using Mlp.Training.Tests.Runs;

namespace Mlp.Training.Tests.Search;

public sealed class HyperparameterSearchTests : IDisposable
{
    private readonly TrackerFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(SearchSampling.Random)]
    [InlineData(SearchSampling.Halton)]
    public async Task RunAsync_AnyParallelism_TriesTheSame(SearchSampling sampling)
    {
        var one = await Search("one", o => (o.TrialCount, o.Sampling, o.Seed) = (24, sampling, 3)).RunAsync(Bowl);
        var four = await Search("four", o => (o.TrialCount, o.Sampling, o.Seed, o.Parallelism) = (24, sampling, 3, 4)).RunAsync(Bowl);

        Assert.Equal(Enumerable.Range(0, 24), one.Trials.Select(t => t.Number));
        Assert.Equal(one.Trials.Select(t => (t.Number, t.Value, string.Join(' ', t.Parameters.Values))), four.Trials.Select(t => (t.Number, t.Value, string.Join(' ', t.Parameters.Values))));
        Assert.Equal(one.Trials.MinBy(t => t.Value), one.Best);
        Assert.InRange(one.Best!.Value!.Value, 0, 0.2);
        Assert.Equal(24, one.Runs.Count);
        Assert.Contains("x", one.ToTable().ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_CutShort_GoesOnAndRepeatsOnlyWhatHadNotEnded()
    {
        using var stop = new CancellationTokenSource();
        var tried = new List<int>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Search("cut").RunAsync(
            async (trial, cancellationToken) =>
            {
                if (trial.Number == 5)
                {
                    await stop.CancelAsync();
                    cancellationToken.ThrowIfCancellationRequested();
                }

                return await Bowl(trial, cancellationToken);
            },
            stop.Token));

        var result = await Search("cut").RunAsync((trial, cancellationToken) =>
        {
            tried.Add(trial.Number);
            return Bowl(trial, cancellationToken);
        });

        Assert.Equal(Enumerable.Range(5, 15), tried);
        Assert.Equal(20, result.Trials.Count);
        Assert.Equal("cut-0005-2", result.Trials[5].RunName);
        var whole = await Search("whole").RunAsync(Bowl);
        Assert.Equal(whole.Trials.Select(t => t.Value), result.Trials.Select(t => t.Value));
    }

    [Fact]
    public async Task RunAsync_MoreTrialsLater_KeepsTheFirst()
    {
        var few = await Search("grow", o => o.TrialCount = 5).RunAsync(Bowl);
        var more = await Search("grow", o => o.TrialCount = 9).RunAsync(Bowl);

        Assert.Equal(few.Trials.Select(t => (t.RunName, t.Value)), more.Trials.Take(5).Select(t => (t.RunName, t.Value)));
    }

    [Fact]
    public async Task RunAsync_TrialFails_GoesOnAndSaysWhy()
    {
        var result = await Search("fail", o => o.TrialCount = 3).RunAsync((trial, _) => trial.Number switch
        {
            0 => throw new TrainingDataException("Expected a label."),
            1 => Task.FromResult(double.NaN),
            _ => Task.FromResult(1.0),
        });

        Assert.Equal([TrialStatus.Failed, TrialStatus.Failed, TrialStatus.Finished], result.Trials.Select(t => t.Status));
        Assert.Equal(2, result.Best!.Number);
        Assert.Equal("TrainingDataException: Expected a label.", result.Runs[0].Reason);
        Assert.Equal("The objective gave no number.", result.Runs[1].Reason);
    }

    [Fact]
    public async Task RunAsync_Pruning_StopsTheWorseOnes()
    {
        var steps = 0;
        var result = await Search("prune", o => (o.TrialCount, o.Pruning.IsEnabled, o.Pruning.MinimumSteps, o.HigherIsBetter) = (30, true, 2, true)).RunAsync(async (trial, cancellationToken) =>
        {
            for (var step = 1; step <= 18; step++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                trial.Report(step, trial.Parameters.GetDouble("x") * step);
                Interlocked.Increment(ref steps);
                await Task.Yield();
            }

            return trial.Parameters.GetDouble("x");
        });

        Assert.Contains(result.Trials, t => t.Status == TrialStatus.Pruned);
        Assert.Equal(result.Trials.MaxBy(t => t.Parameters.GetDouble("x"))!.Number, result.Best!.Number);
        Assert.InRange(steps, 0, 30 * 18 / 2);
        Assert.All(result.Runs, r => Assert.Equal(RunStatus.Finished, r.Status));
    }

    [Fact]
    public async Task RunAsync_TimeBudget_BeginsNoFurtherTrial()
    {
        var result = await Search("time", o => o.TimeBudget = TimeSpan.FromMinutes(5)).RunAsync((trial, cancellationToken) =>
        {
            _fixture.Time.Advance(TimeSpan.FromMinutes(2));
            return Bowl(trial, cancellationToken);
        });

        Assert.Equal(3, result.Trials.Count);
    }

    [Fact]
    public async Task RunAsync_OtherSpaceUnderTheSameName_IsASentence()
    {
        await Search("same", o => o.TrialCount = 1).RunAsync(Bowl);

        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => Search("same", o => (o.TrialCount, o.Seed) = (1, 9)).RunAsync(Bowl));

        Assert.Equal("Expected the trials of search 'same' in experiment 'tips' to have the same space, sampling and seed as before, but run 'same-0000' has others: give this search another name.", e.Message);
    }

    [Fact]
    public async Task RunAsync_UnderWayElsewhere_IsASentence()
    {
        var search = Search("twice", o => o.TrialCount = 1);

        var result = await search.RunAsync(async (trial, cancellationToken) =>
        {
            var e = await Assert.ThrowsAsync<InvalidOperationException>(() => search.RunAsync(Bowl, cancellationToken));
            Assert.Equal("Expected nobody else to run search 'twice' in experiment 'tips', but run 'twice-0000' is under way.", e.Message);
            return 1;
        });

        Assert.Equal((TrialStatus.Finished, 1.0), (result.Trials[0].Status, result.Trials[0].Value));
    }

    [Fact]
    public void Constructor_OptionsOutOfRange_AreSentences()
        => Assert.Contains("SearchOptions.TrialCount must be between 1 and 1000000, but is 0.", Assert.Throws<ArgumentException>(() => Search("x", o => o.TrialCount = 0)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Holdout_NetworkTrainer_FindsTheBetterRate()
    {
        var split = await TimeSplit.ByShareAsync(SyntheticRows.Create(400, seed: 1), holdoutShare: 0.3);
        var space = new SearchSpace().Choice("rate", "0.000001", "0.02");
        var search = new HyperparameterSearch(_fixture.Tracker, "tips", "networks", space, new SearchOptions { TrialCount = 4 });

        var result = await search.RunAsync(TrainerObjective.Holdout(
            trial => new NetworkTrainer(new NetworkOptions { HiddenLayers = [8], MaxEpochs = 4, LearningRate = trial.Parameters.GetDouble("rate"), Seed = 1 }), split.Training, split.Holdout));

        Assert.Equal("0.02", result.Best!.Parameters.GetText("rate"));
        Assert.All(result.Runs, r => Assert.NotEmpty(r.Metrics["progress"]));
    }

    private static Task<double> Bowl(Trial trial, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (x, y) = (trial.Parameters.GetDouble("x"), Math.Log10(trial.Parameters.GetDouble("y")));
        return Task.FromResult(Math.Pow(x - 0.3, 2) + Math.Pow((y + 2) / 4, 2));
    }

    private HyperparameterSearch Search(string name, Action<SearchOptions>? configure = null)
    {
        var options = new SearchOptions();
        configure?.Invoke(options);
        return new HyperparameterSearch(_fixture.Tracker, "tips", name, new SearchSpace().Uniform("x", 0, 1).LogUniform("y", 1e-4, 1).Int("z", 1, 3), options, _fixture.Time);
    }
}
