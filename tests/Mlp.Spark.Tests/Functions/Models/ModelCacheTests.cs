using Apache.Arrow;
using Microsoft.Extensions.Time.Testing;
using Mlp.Runtime.Scoring;
using Mlp.Spark.Commands;
using Mlp.Spark.Tests.Peer;
using Mlp.Spark.Worker.Daemon;
using Mlp.Spark.Worker.Functions;
using Mlp.Spark.Worker.Functions.Models;
using Mlp.Spark.Worker.Functions.OnDemand;
using Mlp.Spark.Worker.Tasks;
using static Mlp.Spark.Tests.Functions.Models.TestPackage;

namespace Mlp.Spark.Tests.Functions.Models;

public sealed class ModelCacheTests
{
    [Fact]
    public async Task Run_TasksOfOneModel_LoadItOnce()
    {
        await using var package = await CreateLinearAsync(width: 1);
        using var worker = new LocalWorker();
        var command = new ScoreCommand { Model = package.File, Inputs = [new InputColumn("x", Round: true)], Outputs = [new OutputColumn("score", "double")] };
        var task = TaskBytes.Map(command, Table(("x", Doubles(1))));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => OwnThread.Run(() => Assert.Null(worker.Run(task).Error))));
        Assert.Null(worker.Run(TaskBytes.Map(command with { Nulls = new NullHandling { Policy = NullPolicyName.NaN } }, Table(("x", Doubles(1))))).Error);

        Assert.Equal(1, worker.ModelCount);
        Assert.Equal(2, worker.Log.Split("Loaded model 'scored' version 1").Length);
    }

    [Fact]
    public async Task Run_TasksWithOtherEngines_LoadAModelEach()
    {
        await using var package = await CreateLinearAsync(width: 1);
        using var log = new StringWriter();
        using var models = new ModelCache(TimeProvider.System, new WorkerLog(log, writesDetails: false, TimeProvider.System));

        using var fastest = models.Rent(package.File, new ScoreOptions(), new TaskFiles("/"));
        using var again = models.Rent(package.File, new ScoreOptions(), new TaskFiles("/"));
        using var runtime = models.Rent(package.File, new ScoreOptions { OnnxRuntimeOnly = true }, new TaskFiles("/"));

        Assert.Same(fastest.Model, again.Model);
        Assert.NotSame(fastest.Model, runtime.Model);
        Assert.Equal(2, models.Count);
    }

    [Fact]
    public async Task Advance_ModelThatGoes_FreesItsSession()
    {
        var time = new FakeTimeProvider();
        await using var package = await CreateLinearAsync(width: 1);
        using var log = new StringWriter();
        using var models = new ModelCache(time, new WorkerLog(log, writesDetails: false, time));
        PackagedModel model;
        using (var lease = models.Rent(package.File, new ScoreOptions(), new TaskFiles("/")))
        {
            model = lease.Model;
        }

        time.Advance(ModelCache.IdleTime * 2);

        Assert.Throws<ObjectDisposedException>(() => model.With(CommandNulls.For(new NullHandling(), model.Inputs.Layout.Columns)));
    }

    [Fact]
    public async Task Advance_ModelWithoutATask_GoesAndComesBack()
    {
        var time = new FakeTimeProvider();
        await using var package = await CreateLinearAsync(width: 1);
        using var worker = new LocalWorker(time);
        var task = TaskBytes.Map(
            new ScoreCommand { Model = package.File, Inputs = [new InputColumn("x", Round: true)], Outputs = [new OutputColumn("score", "double")] }, Table(("x", Doubles(1))));
        Assert.Null(worker.Run(task).Error);

        time.Advance(ModelCache.IdleTime / 2);
        Assert.Null(worker.Run(task).Error);
        time.Advance(ModelCache.IdleTime * 0.9);
        Assert.Equal(1, worker.ModelCount);
        time.Advance(ModelCache.IdleTime / 2);

        Assert.Equal(0, worker.ModelCount);
        Assert.Contains("Drops model 'scored' version 1", worker.Log, StringComparison.Ordinal);
        Assert.Null(worker.Run(task).Error);
        Assert.Equal(1, worker.ModelCount);
    }

    [Fact]
    public async Task Advance_ModelThatATaskUses_StaysUntilThatTaskEnds()
    {
        var time = new FakeTimeProvider();
        await using var package = await CreateLinearAsync(width: 1);
        using var log = new StringWriter();
        var workerLog = new WorkerLog(log, writesDetails: false, time);
        using var models = new ModelCache(time, workerLog);
        var command = new ScoreCommand { Model = package.File, Inputs = [new InputColumn("x", Round: true)], Outputs = [new OutputColumn("score", "double")] };
        var table = Table(("x", Doubles(1)));
        using var task = Create();

        // Another task comes and goes, and with it the time that it leaves.
        Create().Dispose();
        time.Advance(ModelCache.IdleTime * 3);

        Assert.Equal(1, models.Count);
        Assert.DoesNotContain("Drops", log.ToString(), StringComparison.Ordinal);
        Assert.Equal(2.0, ((DoubleArray)Assert.Single(task.Score(table, task.BindByName, 0, default)).Values).GetValue(0));

        task.Dispose();
        time.Advance(ModelCache.IdleTime * 0.9);
        Assert.Equal(1, models.Count);
        time.Advance(ModelCache.IdleTime / 2);
        Assert.Equal(0, models.Count);

        Scorer Create() => Scorer.Create(command, models, new OnDemandViews(new FunctionAssemblies()), new TaskFiles("/"), workerLog);
    }

    [Fact]
    public async Task Run_ModelThatWasMissing_IsFoundByTheNextTask()
    {
        await using var package = await CreateLinearAsync(width: 1);
        using var worker = new LocalWorker();
        var moved = package.File.Path + ".moved";
        var task = TaskBytes.Map(
            new ScoreCommand { Model = package.File with { Path = moved }, Inputs = [new InputColumn("x", Round: true)], Outputs = [new OutputColumn("score", "double")] }, Table(("x", Doubles(1))));
        Assert.Contains("but found no file", worker.Run(task).Error, StringComparison.Ordinal);
        Assert.Equal(0, worker.ModelCount);

        File.Copy(package.File.Path, moved);

        Assert.Null(worker.Run(task).Error);
    }
}
