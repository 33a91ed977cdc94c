using Mlp.Runtime.Hosting;
using Mlp.TestSupport;
using Mlp.Training.Runs;

namespace Mlp.Training.Tests.Runs;

/// <summary>Runs that go on after their process was killed.</summary>
public sealed class ContinuedRunTests
{
    [Fact]
    public async Task Continue_KilledAgainAndAgain_HasEveryDurableEntryOnce()
    {
        using var fixture = new TrackerFixture();
        var random = new Random(3);
        string? id = null;
        var durable = 0L;
        for (var round = 0; round < Math.Max(3, TestRounds.Count / 2); round++)
        {
            string[] arguments = ["run", fixture.Root, "kills", .. id is null ? Array.Empty<string>() : [id]];
            using var child = ChildProcess.StartAssembly(Path.Combine(AppContext.BaseDirectory, "Mlp.TrainingChild.dll"), arguments);
            var line = (await child.ReadLineAsync())!;
            id ??= line["id ".Length..];
            Assert.Equal($"id {id}", line);
            for (var lines = random.Next(1, 6); lines > 0; lines--)
            {
                durable = long.Parse((await child.ReadLineAsync())!["durable ".Length..], System.Globalization.CultureInfo.InvariantCulture);
            }

            await child.KillAsync();
            var read = await fixture.Tracker.ReadAsync("kills", id);
            Assert.Equal((RunStatus.Killed, null), (read.Status, read.Problem));
            Assert.True(read.Metrics["count"].Count >= durable);
            Assert.Equal(Enumerable.Range(1, read.Metrics["count"].Count).Select(s => (long)s), read.Metrics["count"].Select(p => p.Step));
        }

        await using (var run = fixture.Tracker.Continue("kills", id!))
        {
            run.LogMetric("after", 1);
            await run.FinishAsync();
        }

        var end = await fixture.Tracker.ReadAsync("kills", id!);
        Assert.Equal((RunStatus.Finished, 1.0), (end.Status, end.GetMetric("after")));
        Assert.Single(await fixture.Tracker.ListAsync("kills"));
    }

    [Fact]
    public async Task Continue_Parameters_KeepTheirValues()
    {
        using var fixture = await KilledAsync();
        await using var run = fixture.Tracker.Continue("tips", "a");

        run.LogParameter("given", "1");
        run.LogParameter("logged", "2");
        Assert.Throws<InvalidOperationException>(() => run.LogParameter("logged", "3"));
        run.SetTag("tag", "new");
        await run.FlushAsync();

        var read = await fixture.Tracker.ReadAsync("tips", "a");
        Assert.Equal((RunStatus.Running, "new", "2"), (read.Status, read.Tags["tag"], read.Parameters["logged"]));
        Assert.Equal([0.5], read.Metrics["m"].Select(p => p.Value));
    }

    [Fact]
    public async Task Continue_SeveralAtOnce_OneSucceeds()
    {
        using var fixture = await KilledAsync();
        using var stop = new CancellationTokenSource();

        // Readers share the lock for moments; they must not keep the one out that goes on.
        var reading = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await fixture.Tracker.ListAsync("tips");
            }
        });
        var tries = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            try
            {
                return (Run: (IRun?)fixture.Tracker.Continue("tips", "a"), Error: (string?)null);
            }
            catch (InvalidOperationException e)
            {
                return (Run: (IRun?)null, Error: (string?)e.Message);
            }
        })));
        await stop.CancelAsync();
        await reading;

        var run = Assert.Single(tries, t => t.Run is not null).Run!;
        Assert.All(tries.Where(t => t.Run is null), t => Assert.Equal("Expected run 'a' of experiment 'tips' to have been killed, but it is still running: start another one.", t.Error));
        await run.DisposeAsync();
        var ended = Assert.Throws<InvalidOperationException>(() => fixture.Tracker.Continue("tips", run.Id));
        Assert.Equal("Expected run 'a' of experiment 'tips' to have been killed, but it has ended (Failed): start another one.", ended.Message);
    }

    [Fact]
    public void Continue_NoSuchRun_SaysSo()
    {
        using var fixture = new TrackerFixture();

        Assert.Throws<RunNotFoundException>(() => fixture.Tracker.Continue("tips", "nobody"));
    }

    /// <summary>A tracker over a copy of what a process that writes a run has on the device: what is left of it when it is killed.</summary>
    private static async Task<TrackerFixture> KilledAsync()
    {
        using var alive = new TrackerFixture();
        var left = new TrackerFixture();
        await using var run = alive.Tracker.Start(new RunDescription("tips") { Name = "a", Parameters = new Dictionary<string, string> { ["given"] = "1" } });
        run.LogParameter("logged", "2");
        run.SetTag("tag", "old");
        run.LogMetric("m", 0.5, 1);
        await run.FlushAsync();
        var folder = Directory.CreateDirectory(left.RunFolder("tips", "a")).FullName;
        foreach (var file in Directory.GetFiles(alive.RunFolder("tips", "a")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return left;
    }
}
