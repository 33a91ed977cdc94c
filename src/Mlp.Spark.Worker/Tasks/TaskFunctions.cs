using Mlp.Spark.Commands;
using Mlp.Spark.Worker.Daemon;
using Mlp.Spark.Worker.Functions;
using Mlp.Spark.Worker.Functions.Models;
using Mlp.Spark.Worker.Functions.OnDemand;
using Mlp.Spark.Worker.Protocol;

namespace Mlp.Spark.Worker.Tasks;

/// <summary>Makes functions of commands. What is costly to load is loaded once in the process and shared by its tasks. Thread-safe.</summary>
internal sealed class TaskFunctions : IDisposable
{
    private readonly FunctionAssemblies _assemblies;
    private readonly OnDemandViews _views;
    private readonly ModelCache _models;
    private readonly WorkerLog _log;

    /// <summary>Makes an empty one.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where to say what happens.</param>
    public TaskFunctions(TimeProvider time, WorkerLog log)
    {
        _assemblies = new FunctionAssemblies();
        _views = new OnDemandViews(_assemblies);
        _models = new ModelCache(time, log);
        _log = log;
    }

    /// <summary>Number of models in memory.</summary>
    public int ModelCount => _models.Count;

    /// <summary>Makes a function of columns.</summary>
    /// <param name="task">The task.</param>
    /// <param name="command">The command.</param>
    /// <exception cref="Mlp.Runtime.MlPlatformException">It is no command, or what it names is not there or does not fit.</exception>
    public IScalarFunction CreateScalar(SparkTask task, ReadOnlyMemory<byte> command)
    {
        var files = new TaskFiles(task.FilesFolder);
        return CommandReader.Read(command) switch
        {
            ScoreCommand score => new ScoredColumn(score, Scorer.Create(score, _models, _views, files, _log)),
            OnDemandCommand transform => new OnDemandColumn(transform, _views.Load(transform.Transform, files)),
            MethodCommand method => ScalarMethod.Create(method, _assemblies, files),
            var other => throw Unknown(other),
        };
    }

    /// <summary>Makes a function of tables.</summary>
    /// <param name="task">The task.</param>
    /// <param name="command">The command.</param>
    /// <exception cref="Mlp.Runtime.MlPlatformException">It is no command, or what it names is not there or does not fit.</exception>
    public ITableFunction CreateTable(SparkTask task, ReadOnlyMemory<byte> command)
    {
        var files = new TaskFiles(task.FilesFolder);
        return CommandReader.Read(command) switch
        {
            ScoreCommand score => new ScoredTable(score, Scorer.Create(score, _models, _views, files, _log)),
            OnDemandCommand transform => new OnDemandTable(transform, _views.Load(transform.Transform, files)),
            MethodCommand method => TableMethod.Create(method, _assemblies, files),
            var other => throw Unknown(other),
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _models.Dispose();

    private static TaskException Unknown(WorkerCommand command) => new($"Expected a command that the worker knows, but found '{command.Kind}'.");
}
