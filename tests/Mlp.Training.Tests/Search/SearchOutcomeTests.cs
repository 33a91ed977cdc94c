using Mlp.Training.Runs;
using Mlp.Training.Search;
using Mlp.Training.Tests.Runs;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Search;

public sealed class SearchOutcomeTests : IDisposable
{
    private readonly TrackerFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task RunAsync_EveryTrialFails_IsASentenceWithTheFirstReason()
    {
        var error = await Assert.ThrowsAsync<SearchFailedException>(() => Search(3).RunAsync((trial, _) => Task.FromResult(trial.Parameters.GetDouble("rate"))));

        Assert.Equal("Expected a trial of search 'rates' to have a value, but all 3 failed, the first one by: KeyNotFoundException: Expected a setting 'rate' in the trial, but it has 'x'.", error.Message);
        Assert.IsType<KeyNotFoundException>(error.InnerException);
        Assert.Equal("rates", error.Search);
        Assert.All(error.Result.Trials, t => Assert.StartsWith("KeyNotFoundException: ", t.Failure, StringComparison.Ordinal));
        Assert.Null(error.Result.Best);
    }

    [Fact]
    public async Task ToTable_TrialsOfEachKind_SaysHowTheyEndedAndWhy()
    {
        var result = await Search(4, pruning: true).RunAsync((trial, cancellationToken) =>
        {
            if (trial.Number == 1)
            {
                throw new InvalidOperationException("It has no rows.");
            }

            trial.Report(1, trial.Number);
            cancellationToken.ThrowIfCancellationRequested();
            return Task.FromResult(1.0 / 3);
        });

        string[] lines = result.ToTable().ToString().Split('\n');
        Assert.EndsWith("reason", lines[0], StringComparison.Ordinal);
        Assert.Contains("  finished  ", lines[1], StringComparison.Ordinal);
        Assert.Contains("  0.333333  ", lines[1] + "  ", StringComparison.Ordinal);
        Assert.Matches("^rates-0001 +failed .*InvalidOperationException: It has no rows.$", lines[2]);
        Assert.Contains("  pruned  ", lines[4].Replace("pruned    ", "pruned  ", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(["finished", "failed", "pruned", "pruned"], lines[1..5].Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]));

        // Settings are short here, and whole in the runs.
        Assert.All(lines[1..5].Zip(result.Trials), p => Assert.Contains($" {p.Second.Parameters.GetDouble("x"):G6} ", p.First + " ", StringComparison.Ordinal));
        Assert.Equal((null, "InvalidOperationException: It has no rows."), (result.Best!.Failure, result.Trials[1].Failure));
        Assert.Equal($"x = {result.Best.Parameters.GetText("x")}", result.Best.Parameters.ToString());
    }

    [Fact]
    public async Task ToTable_TrialsThatLogTheirTrainer_HasTheSettingsOfTheSpaceAlone()
    {
        var result = await Search(3).RunAsync((trial, _) =>
        {
            if (trial.Number == 1)
            {
                throw new InvalidOperationException("It has no rows.");
            }

            trial.Run.LogTrainer(new TreeTrainer(new TreeOptions { LearningRate = 0.1 + (trial.Parameters.GetDouble("x") / 2) }));
            return Task.FromResult(trial.Parameters.GetDouble("x"));
        });

        using var table = result.ToTable().ToRecordBatch();
        Assert.Equal(["parameter.x"], table.Schema.FieldsList.Select(f => f.Name).Where(n => n.StartsWith("parameter.", StringComparison.Ordinal)));
        Assert.Equal(3, table.Length);
        Assert.Contains("trainer.LearningRate", result.Runs[0].Parameters.Keys);
    }

    private HyperparameterSearch Search(int count, bool pruning = false)
    {
        var options = new SearchOptions { TrialCount = count };
        (options.Pruning.IsEnabled, options.Pruning.MinimumSteps) = (pruning, 1);
        return new HyperparameterSearch(_fixture.Tracker, "tips", "rates", new SearchSpace().Uniform("x", 0, 1), options, _fixture.Time);
    }
}
