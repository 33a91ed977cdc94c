using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Runs;
using Mlp.Training.Search;
using Mlp.Training.Tests.Runs;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Search;

/// <summary>What a search promises when things go wrong, and of what it is given.</summary>
public sealed class SearchPromiseTests : IDisposable
{
    private readonly TrackerFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Seed_OfTrials_FitsTrainersAndIsAnotherOfEach()
    {
        var seeds = new List<int>();
        var result = await Search("seeds", o => o.TrialCount = 40).RunAsync((trial, _) =>
        {
            seeds.Add(trial.Seed);
            GC.KeepAlive(new TreeTrainer(new TreeOptions { Seed = trial.Seed }));
            return Task.FromResult(1.0);
        });

        Assert.All(result.Trials, t => Assert.Equal(TrialStatus.Finished, t.Status));
        Assert.Equal(40, seeds.Distinct().Count());
        var again = new List<int>();
        await Search("again", o => o.TrialCount = 40).RunAsync((trial, _) =>
        {
            again.Add(trial.Seed);
            return Task.FromResult(1.0);
        });
        Assert.Equal(seeds, again);
    }

    [Fact]
    public async Task RunAsync_TrackerFails_BeginsNoFurtherTrial()
    {
        var tracker = new FailingTracker(_fixture.Tracker, failing: 3);
        var search = new HyperparameterSearch(tracker, "tips", "fails", new SearchSpace().Uniform("x", 0, 1), new SearchOptions { TrialCount = 40, Parallelism = 2 });

        await Assert.ThrowsAsync<RunWriteException>(() => search.RunAsync(async (_, _) =>
        {
            // The second of the trials at once is under way until the third could not be started.
            if (Interlocked.Increment(ref tracker.Tried) == 2)
            {
                await tracker.HasFailed.Task;
            }

            return 1;
        }));

        Assert.Equal(2, tracker.Tried);
    }

    [Fact]
    public async Task RunAsync_CancelledOnceATrialHasItsValue_KeepsIt()
    {
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Search("value", o => o.TrialCount = 3).RunAsync(
            async (trial, _) =>
            {
                if (trial.Number == 1)
                {
                    await stop.CancelAsync();
                }

                return trial.Number;
            },
            stop.Token));

        var runs = await _fixture.Tracker.ListAsync("tips");
        Assert.Equal([RunStatus.Finished, RunStatus.Finished], runs.Select(r => r.Status));
        Assert.Equal([0.0, 1.0], runs.Select(r => r.GetMetric("objective")!.Value));
    }

    [Fact]
    public async Task RunAsync_ObjectiveThrowsBecauseItIsCancelled_CountsAsNotDone()
    {
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Search("thrown", o => o.TrialCount = 2).RunAsync(
            async (_, _) =>
            {
                await stop.CancelAsync();
                throw new IOException("The stream was closed.");
            },
            stop.Token));

        var result = await Search("thrown", o => o.TrialCount = 2).RunAsync((_, _) => Task.FromResult(1.0));

        Assert.All(result.Trials, t => Assert.Equal(TrialStatus.Finished, t.Status));
        Assert.Equal("thrown-0000-2", result.Trials[0].RunName);
    }

    [Fact]
    public async Task Constructor_SpaceAndOptions_AreCopied()
    {
        var space = new SearchSpace().Uniform("x", 0, 1);
        var options = new SearchOptions { TrialCount = 2 };
        var search = new HyperparameterSearch(_fixture.Tracker, "tips", "copy", space, options);
        space.Uniform("later", 0, 1);
        (options.TrialCount, options.Seed, options.HigherIsBetter, options.Pruning.IsEnabled) = (4, 9, true, true);

        var result = await search.RunAsync((trial, _) => Task.FromResult((double)trial.Number));

        Assert.Equal((2, 0), (result.Trials.Count, result.Best!.Number));
        Assert.All(result.Trials, t => Assert.Equal(["x"], t.Parameters.Values.Keys));
    }

    [Theory]
    [InlineData("My Search", "Expected the name of the search to be 1 to 100 lower-case letters")]
    [InlineData("", "Expected the name of the search to be 1 to 100 lower-case letters")]
    public void Constructor_NameThatIsNone_IsASentence(string name, string sentence)
        => Assert.StartsWith(sentence, Assert.Throws<ArgumentException>(() => Search(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void Constructor_NameTooLongForItsRuns_IsASentence()
        => Assert.StartsWith(
            "Expected the name of the search to have up to 80 characters, since its runs add theirs, but found 81.",
            Assert.Throws<ArgumentException>(() => Search(new string('a', 81))).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData(double.NegativeInfinity)]
    [InlineData(double.PositiveInfinity)]
    public async Task RunAsync_InfiniteValue_IsTheTrialsFailure(double value)
    {
        var result = await Search("infinite", o => o.TrialCount = 3).RunAsync((trial, _) => Task.FromResult(trial.Number == 1 ? value : trial.Number + 1.0));

        Assert.Equal((TrialStatus.Failed, 0), (result.Trials[1].Status, result.Best!.Number));
        Assert.Equal("The objective gave an infinite number.", result.Runs[1].Reason);
    }

    [Fact]
    public async Task RunAsync_LossesWhereGreaterIsBetter_IsASentenceBeforeAnyTrial()
    {
        var set = SyntheticRows.Create(100, seed: 1);
        var losses = TrainerObjective.Holdout(_ => new TreeTrainer(new TreeOptions()), set, set);
        var areas = TrainerObjective.Holdout(_ => new TreeTrainer(new TreeOptions()), set, set, TrialMetric.StopMetric(higherIsBetter: true));

        var crossed = TrainerObjective.CrossValidated(_ => new TreeTrainer(new TreeOptions()), set, "auc");

        var greater = await Assert.ThrowsAsync<ArgumentException>(() => Search("direction", o => o.HigherIsBetter = true).RunAsync(losses));
        var less = await Assert.ThrowsAsync<ArgumentException>(() => Search("direction").RunAsync(areas));

        Assert.Equal(less.Message, (await Assert.ThrowsAsync<ArgumentException>(() => Search("direction").RunAsync(crossed))).Message);
        Assert.StartsWith("Expected SearchOptions.HigherIsBetter to be False, as of the objective's metric, but is True.", greater.Message, StringComparison.Ordinal);
        Assert.StartsWith("Expected SearchOptions.HigherIsBetter to be True, as of the objective's metric, but is False.", less.Message, StringComparison.Ordinal);
        Assert.Empty(await _fixture.Tracker.ListAsync("tips"));
    }

    [Fact]
    public async Task RunAsync_PruningGoesOn_RemembersWhatEndedTrialsHadReached()
    {
        void Configure(SearchOptions options, int count)
            => (options.TrialCount, options.HigherIsBetter, options.Pruning.IsEnabled, options.Pruning.MinimumSteps) = (count, true, true, 2);
        double[] values = [0.7, 0.8, 0.9, 0.1];
        async Task<double> Report(Trial trial, CancellationToken cancellationToken)
        {
            trial.Report(2, values[trial.Number]);
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            return values[trial.Number];
        }

        await Search("goes-on", o => Configure(o, 3)).RunAsync(Report);
        var result = await Search("goes-on", o => Configure(o, 4)).RunAsync(Report);

        Assert.Equal((TrialStatus.Pruned, 2), (result.Trials[3].Status, result.Best!.Number));
    }

    [Fact]
    public async Task Holdout_TrainersOfTwoThreadsInABudgetOfFour_TrainTwoAtOnce()
    {
        var trainer = new MeetingTrainer(meeting: 2);
        var set = SyntheticRows.Create(10, seed: 1);

        var error = await Assert.ThrowsAsync<SearchFailedException>(
            () => Search("threads", o => (o.TrialCount, o.Parallelism, o.ThreadBudget) = (8, 8, 4)).RunAsync(TrainerObjective.Holdout(_ => trainer, set, set)));

        Assert.Equal(2, trainer.Most);
        Assert.Equal(8, error.Result.Trials.Count(t => t.Status == TrialStatus.Failed));
    }

    private HyperparameterSearch Search(string name, Action<SearchOptions>? configure = null)
    {
        var options = new SearchOptions();
        configure?.Invoke(options);
        return new HyperparameterSearch(_fixture.Tracker, "tips", name, new SearchSpace().Uniform("x", 0, 1), options, _fixture.Time);
    }

    /// <summary>Trains nothing: it waits until so many trainings are under way, and fails.</summary>
    private sealed class MeetingTrainer(int meeting) : ITrainer
    {
        private readonly Lock _gate = new();
        private TaskCompletionSource _met = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _present;
        private int _arrived;

        public int Most { get; private set; }

        public ModelTask Task => ModelTask.BinaryClassification;

        public int ThreadCount => 2;

        public async Task<IFittedModel> FitAsync(
            ITrainingSet trainingSet, ITrainingSet? validation = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
        {
            TaskCompletionSource met;
            lock (_gate)
            {
                Most = Math.Max(Most, ++_present);
                met = _met;
                if (++_arrived % meeting == 0)
                {
                    _met = new(TaskCreationOptions.RunContinuationsAsynchronously);
                    met.SetResult();
                }
            }

            await met.Task;
            lock (_gate)
            {
                _present--;
            }

            throw new InvalidOperationException("It trains nothing.");
        }
    }

    /// <summary>A tracker whose disk refuses to start one of the runs.</summary>
    private sealed class FailingTracker(IRunTracker inner, int failing) : IRunTracker
    {
        public int Tried;
        private int _started;

        public TaskCompletionSource HasFailed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IRun Start(RunDescription description)
        {
            if (Interlocked.Increment(ref _started) == failing)
            {
                HasFailed.SetResult();
                throw new RunWriteException("/runs", "The disk refuses.", new IOException());
            }

            return inner.Start(description);
        }

        public IRun Continue(string experiment, string run) => inner.Continue(experiment, run);

        public IReadOnlyList<string> ListExperiments() => inner.ListExperiments();

        public Task<IReadOnlyList<RunRecord>> ListAsync(string experiment, CancellationToken cancellationToken = default) => inner.ListAsync(experiment, cancellationToken);

        public Task<RunRecord> ReadAsync(string experiment, string run, CancellationToken cancellationToken = default) => inner.ReadAsync(experiment, run, cancellationToken);

        public Task<RunRecord?> FindBestAsync(string experiment, string metric, bool higherIsBetter, MetricSummary summary = MetricSummary.Last, CancellationToken cancellationToken = default)
            => inner.FindBestAsync(experiment, metric, higherIsBetter, summary, cancellationToken);

        public Task DeleteAsync(string experiment, string run, CancellationToken cancellationToken = default) => inner.DeleteAsync(experiment, run, cancellationToken);
    }
}
