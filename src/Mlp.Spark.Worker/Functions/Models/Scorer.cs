using Apache.Arrow;
using Mlp.Runtime.Scoring;
using Mlp.Spark.Commands;
using Mlp.Spark.Worker.Daemon;
using Mlp.Spark.Worker.Functions.OnDemand;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions.Models;

/// <summary>Scores the batches of a task with a model. Used by one task.</summary>
internal sealed class Scorer : IDisposable
{
    private readonly ModelLease _lease;
    private readonly ScoreCommand _command;
    private readonly PackagedModelRole _role;
    private readonly IReadOnlyList<OnDemandView> _views;
    private readonly TableSchemas _schemas = new();
    private readonly ScoreOutputs _outputs;
    private readonly WorkerLog _log;
    private ScoreInputs? _inputs;
    private ScoringPlan? _plan;
    private Schema? _schema;

    private Scorer(ModelLease lease, ScoreCommand command, IReadOnlyList<OnDemandView> views, WorkerLog log)
    {
        _lease = lease;
        _log = log;
        _views = views;
        _command = command;
        _outputs = new ScoreOutputs(command.Outputs);
        _role = lease.Model.With(CommandNulls.For(command.Nulls, lease.Model.Inputs.Layout.Columns));
        Name = lease.Model.Manifest.Where;
    }

    /// <summary>The model, for messages.</summary>
    public string Name { get; }

    /// <summary>Names of the features, in order.</summary>
    public IReadOnlyList<string> Features => [.. _lease.Model.Inputs.Layout.Columns.Select(c => c.Name)];

    /// <summary>Takes the model.</summary>
    /// <param name="command">The command.</param>
    /// <param name="models">The models of the process.</param>
    /// <param name="views">The on-demand views of the process.</param>
    /// <param name="files">Finds files.</param>
    /// <param name="log">Where to say what happens.</param>
    /// <exception cref="Mlp.Runtime.MlPlatformException">The model is missing, another, or does not fit the command.</exception>
    public static Scorer Create(ScoreCommand command, ModelCache models, OnDemandViews views, TaskFiles files, WorkerLog log)
    {
        var lease = models.Rent(command.Model, command.Options, files);
        try
        {
            return new Scorer(lease, command, [.. command.Transforms.Select(t => views.Load(t, files))], log);
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>Scores a batch.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="bind">Says which columns of its schema are which features; asked once per schema.</param>
    /// <param name="firstRow">What the first row is in the partition, for messages.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <returns>The outputs of the command. Their memory is the caller's.</returns>
    /// <exception cref="TaskException">A column is missing or does not fit.</exception>
    public IReadOnlyList<(Field Field, IArrowArray Values)> Score(
        RecordBatch batch, Func<Schema, IReadOnlyList<(InputColumn Input, int Column)>> bind, long firstRow, CancellationToken cancellationToken)
    {
        try
        {
            batch = Extend(batch, firstRow);
            if (!ReferenceEquals(_schema, batch.Schema))
            {
                _inputs = new ScoreInputs(_lease.Model.Inputs.Layout, bind(batch.Schema), batch.Schema, _command.Nulls, Name);
                _schema = batch.Schema;
                _plan = null;
            }

            var features = _inputs!.Read(batch, firstRow, out var nulls);
            if (_plan is null)
            {
                _plan = _role.PlanFor(features.Schema, _outputs.Options);
                _log.WriteDetail($"Calls {Name}.");
            }

            return _outputs.Read(_role.Score(_plan, features, firstRow, cancellationToken), nulls, Name);
        }
        catch (ArgumentException e)
        {
            // A sentence of the model's, about a column.
            throw new TaskException(e.Message, e);
        }
    }

    /// <summary>The batch with what on-demand views compute of it. Shares its memory.</summary>
    private RecordBatch Extend(RecordBatch batch, long firstRow)
    {
        foreach (var view in _views)
        {
            var computed = view.Compute(batch, firstRow);
            batch = new RecordBatch(
                _schemas.Of([.. batch.Schema.FieldsList, .. computed.Select(c => c.Field)]), batch.Arrays.Concat(computed.Select(c => c.Values)), batch.Length);
        }

        return batch;
    }

    /// <inheritdoc/>
    public void Dispose() => _lease.Dispose();
}
