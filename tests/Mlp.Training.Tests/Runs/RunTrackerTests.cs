using System.Text;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.TestSupport;
using Mlp.Training.Runs;

namespace Mlp.Training.Tests.Runs;

public sealed class RunTrackerTests : IDisposable
{
    private readonly TrackerFixture _fixture = new();

    private RunTracker Tracker => _fixture.Tracker;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task ReadAsync_FinishedRun_GivesAllThatWasLogged()
    {
        var set = new Rows().Float32("x", 1, 2, 3).Label("y", 0f, 1f, 1f).Set("y");
        string id;
        await using (var run = Tracker.Start(new RunDescription("tips")
        {
            Name = "first",
            Parameters = new Dictionary<string, string> { ["lr"] = "0.01" },
            Tags = new Dictionary<string, string> { ["team"] = "a" },
            CodeVersion = "1.2.3+abc",
            TrainingSet = set.Manifest,
        }))
        {
            id = run.Id;
            run.LogParameter("hidden", "64");
            run.LogParameter("hidden", "64");
            run.SetTag("team", "b");
            run.LogMetric("auc", 0.7, 1);
            _fixture.Time.Advance(TimeSpan.FromSeconds(5));
            run.LogMetric("auc", double.NaN, 2);
            run.LogMetric("loss", double.PositiveInfinity, long.MaxValue);
            await run.LogArtifactAsync("plots/roc.svg", new MemoryStream(Encoding.UTF8.GetBytes("<svg/>")));
            await run.FinishAsync();
        }

        var read = await Tracker.ReadAsync("tips", "first");
        Assert.Equal(read.Name, (await Tracker.ReadAsync("tips", id)).Name);
        Assert.Equal((id, RunStatus.Finished, "1.2.3+abc"), (read.Id, read.Status, read.CodeVersion));
        Assert.Equal(set.Manifest.ContentHash, read.TrainingSetHash);
        Assert.Equal(3, read.TrainingSetRowCount);
        Assert.Equal(new Dictionary<string, string> { ["lr"] = "0.01", ["hidden"] = "64" }, read.Parameters);
        Assert.Equal("b", read.Tags["team"]);
        Assert.Equal(_fixture.Time.GetUtcNow() - TimeSpan.FromSeconds(5), read.StartedAt);
        Assert.Equal(_fixture.Time.GetUtcNow(), read.EndedAt);
        Assert.Equal(
            [new MetricPoint(1, 0.7, read.StartedAt), new MetricPoint(2, double.NaN, read.EndedAt!.Value)], read.Metrics["auc"]);
        Assert.Equal(new MetricPoint(long.MaxValue, double.PositiveInfinity, read.EndedAt!.Value), Assert.Single(read.Metrics["loss"]));
        var artifact = Assert.Single(read.Artifacts);
        Assert.Equal(("plots/roc.svg", 6L), (artifact.Name, artifact.ByteCount));
        await artifact.VerifyAsync();
        Assert.Equal(Environment.MachineName, read.Environment!.Machine);
        Assert.Contains("Mlp.Training", read.Environment.Libraries.Keys);
        Assert.Null(read.Problem);
        Assert.Equal(["tips"], Tracker.ListExperiments());
    }

    [Fact]
    public async Task ReadAsync_WhileItIsWritten_GivesWhatIsOnTheDevice()
    {
        await using var run = Tracker.Start(new RunDescription("tips"));
        run.LogMetric("auc", 0.5, 1);
        Assert.Empty((await Tracker.ReadAsync("tips", run.Name)).Metrics);

        _fixture.Time.Advance(TimeSpan.FromSeconds(1));

        var read = await Tracker.ReadAsync("tips", run.Name);
        Assert.Equal(RunStatus.Running, read.Status);
        Assert.Null(read.EndedAt);
        Assert.Equal(0.5, read.GetMetric("auc"));
    }

    [Fact]
    public async Task DisposeAsync_NotFinished_HasFailed()
    {
        var run = Tracker.Start(new RunDescription("tips") { Name = "a" });
        await run.DisposeAsync();
        await run.DisposeAsync();

        var read = await Tracker.ReadAsync("tips", "a");
        Assert.Equal(RunStatus.Failed, read.Status);
        Assert.Equal("The run was disposed of before it was finished.", read.Reason);
        Assert.Empty(Directory.GetFiles(Path.Combine(_fixture.Root, "runs", "tips", ".locks")));
    }

    [Fact]
    public async Task FailAsync_Reason_IsKept()
    {
        await using (var run = Tracker.Start(new RunDescription("tips") { Name = "a" }))
        {
            await run.FailAsync("The loss became NaN.");
            Assert.Throws<InvalidOperationException>(() => run.LogMetric("auc", 1));
        }

        Assert.Equal("The loss became NaN.", (await Tracker.ReadAsync("tips", "a")).Reason);
    }

    [Fact]
    public async Task Start_NameIsTaken_IsASentenceAndLeavesNothing()
    {
        await using var run = Tracker.Start(new RunDescription("tips") { Name = "a" });

        var e = Assert.Throws<ArgumentException>(() => Tracker.Start(new RunDescription("tips") { Name = "a" }));

        Assert.StartsWith("Expected a new name for a run of experiment 'tips', but there is a run called 'a' already.", e.Message, StringComparison.Ordinal);
        Assert.Equal([".locks", "a"], Directory.GetDirectories(Path.Combine(_fixture.Root, "runs", "tips")).Select(Path.GetFileName).Order());
        Assert.Single(Directory.GetFiles(Path.Combine(_fixture.Root, "runs", "tips", ".locks")));
        await using var elsewhere = Tracker.Start(new RunDescription("fares") { Name = "a" });
    }

    [Fact]
    public void Start_FolderCannotBeMade_IsASentence()
    {
        File.WriteAllText(Path.Combine(_fixture.Root, "runs"), "a file in the way");

        var e = Assert.Throws<DataDirectoryUnusableException>(() => Tracker.Start(new RunDescription("tips")));

        Assert.StartsWith("Expected a writable folder for runs at '", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    [InlineData("../up")]
    [InlineData("a//b")]
    [InlineData("Ä")]
    public async Task LogMetric_NoName_IsASentence(string name)
    {
        await using var run = Tracker.Start(new RunDescription("tips"));

        var e = Assert.Throws<ArgumentException>(() => run.LogMetric(name, 1));

        Assert.StartsWith("Expected the name of the metric to be 1 to 250 letters", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LogParameter_AnotherValue_IsASentence()
    {
        await using var run = Tracker.Start(new RunDescription("tips") { Name = "a" });
        run.LogParameter("lr", "1");

        var e = Assert.Throws<InvalidOperationException>(() => run.LogParameter("lr", "2"));

        Assert.Equal("Expected one value of parameter 'lr' in run 'a' of experiment 'tips', but it was logged with another one before.", e.Message);
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../b")]
    [InlineData("")]
    public async Task LogArtifactAsync_NameLeavesTheFolder_IsASentence(string name)
    {
        await using var run = Tracker.Start(new RunDescription("tips"));

        var e = await Assert.ThrowsAsync<ArgumentException>(() => run.LogArtifactAsync(name, new MemoryStream()));

        Assert.StartsWith("Expected the name of the artifact to be a path within the run's folder, but", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LogArtifactAsync_SameName_TakesTheSameContentOnly()
    {
        await using var run = Tracker.Start(new RunDescription("tips") { Name = "a" });
        var first = await run.LogArtifactAsync("x", new MemoryStream([1, 2]));

        Assert.Equal(first, await run.LogArtifactAsync("x", new MemoryStream([1, 2])));
        var e = await Assert.ThrowsAsync<ArgumentException>(() => run.LogArtifactAsync("x", new MemoryStream([3])));

        Assert.StartsWith("Expected a new name for an artifact of run 'a'", e.Message, StringComparison.Ordinal);
        Assert.Equal(["x"], Directory.GetFiles(Path.Combine(_fixture.RunFolder("tips", "a"), "artifacts")).Select(Path.GetFileName));
        Assert.Equal([1, 2], await File.ReadAllBytesAsync(first.Path));
    }

    [Fact]
    public async Task LinkModelAsync_Manifest_NamesTheVersion()
    {
        await using var run = Tracker.Start(new RunDescription("tips") { Name = "a" });

        await run.LinkModelAsync(TestManifest.Of("big-tipper", version: 4));

        Assert.Equal(new RunModel("big-tipper", 4), Assert.Single((await Tracker.ReadAsync("tips", "a")).Models));
    }

    [Fact]
    public async Task FindBestAsync_FinishedRuns_TakesTheBestAndTheEarliestOfEqualOnes()
    {
        foreach (var (name, auc) in new[] { ("a", 0.7), ("b", 0.9), ("c", 0.9), ("d", double.NaN) })
        {
            await using var run = Tracker.Start(new RunDescription("tips") { Name = name });
            run.LogMetric("auc", 0.95, 1);
            run.LogMetric("auc", auc, 2);
            await run.FinishAsync();
            _fixture.Time.Advance(TimeSpan.FromMinutes(1));
        }

        await using var unfinished = Tracker.Start(new RunDescription("tips") { Name = "e" });
        unfinished.LogMetric("auc", 1);
        await unfinished.FlushAsync();

        Assert.Equal("b", (await Tracker.FindBestAsync("tips", "auc", higherIsBetter: true))!.Name);
        Assert.Equal("a", (await Tracker.FindBestAsync("tips", "auc", higherIsBetter: false))!.Name);
        Assert.Equal("a", (await Tracker.FindBestAsync("tips", "auc", higherIsBetter: true, MetricSummary.Maximum))!.Name);
        Assert.Null(await Tracker.FindBestAsync("tips", "absent", higherIsBetter: true));
        Assert.Null(await Tracker.FindBestAsync("nothing", "auc", higherIsBetter: true));
    }

    [Fact]
    public async Task FindBestAsync_PartsOfARun_DoNotCount()
    {
        await using var whole = Tracker.Start(new RunDescription("tips") { Name = "whole" });
        whole.LogMetric("auc", 0.89);
        await using (var part = Tracker.Start(new RunDescription("tips") { Name = "whole-1-1", ParentRunId = whole.Id }))
        {
            part.LogMetric("auc", 0.91);
            await part.FinishAsync();
        }

        Assert.Null(await Tracker.FindBestAsync("tips", "auc", higherIsBetter: true));
        await whole.FinishAsync();

        Assert.Equal("whole", (await Tracker.FindBestAsync("tips", "auc", higherIsBetter: true))!.Name);
    }

    [Fact]
    public async Task DeleteAsync_EndedRun_IsGone()
    {
        var run = Tracker.Start(new RunDescription("tips") { Name = "a" });
        var running = await Assert.ThrowsAsync<InvalidOperationException>(() => Tracker.DeleteAsync("tips", "a"));
        Assert.Equal("Expected run 'a' of experiment 'tips' to have ended before it is deleted, but it is still running.", running.Message);
        await run.FinishAsync();
        await run.DisposeAsync();

        await Tracker.DeleteAsync("tips", "a");

        Assert.Empty(await Tracker.ListAsync("tips"));
        Assert.Empty(Tracker.ListExperiments());
        var e = await Assert.ThrowsAsync<RunNotFoundException>(() => Tracker.DeleteAsync("tips", "a"));
        Assert.Equal("Expected a run 'a' in experiment 'tips', but found none.", e.Message);
    }

    [Fact]
    public async Task Report_TrainingProgress_BecomesMetrics()
    {
        var told = new List<TrainingProgress>();
        await using (var run = Tracker.Start(new RunDescription("tips") { Name = "a" }))
        {
            var progress = new RunProgress(run, new Listener(told.Add));
            progress.Report(new TrainingProgress(1, 2, 0.6, 0.7, 1, TimeSpan.Zero) { ValidationMetric = 0.8 });
            progress.Report(new TrainingProgress(2, 2, 0.5, null, 1, TimeSpan.Zero));
            await run.FinishAsync();
        }

        var read = await Tracker.ReadAsync("tips", "a");
        Assert.Equal([(1L, 0.6), (2L, 0.5)], read.Metrics["training_loss"].Select(p => (p.Step, p.Value)));
        Assert.Equal([(1L, 0.7)], read.Metrics["validation_loss"].Select(p => (p.Step, p.Value)));
        Assert.Equal([(1L, 0.8)], read.Metrics["validation_metric"].Select(p => (p.Step, p.Value)));
        Assert.Equal(2, told.Count);
    }

    private sealed class Listener(Action<TrainingProgress> tell) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => tell(value);
    }
}
