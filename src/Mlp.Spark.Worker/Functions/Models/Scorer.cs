using Apache.Arrow;
using Mlp.Runtime.Inference;
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
    private readonly List<(string View, string Feature)> _computed;
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
        _computed = [.. views.SelectMany((v, i) => v.Features.Select(f => (command.Transforms[i].View, f)))];
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
    /// <param name="bind">Says which columns of its schema are which features, such as <see cref="BindByName"/>; asked once per schema, to which on-demand views have added theirs.</param>
    /// <param name="firstRow">Number of rows of the partition before it, for messages.</param>
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
            throw new TaskException(e.Message + _inputs?.Advice, e);
        }
        catch (NullFeatureException e)
        {
            throw new TaskException(
                FormattableString.Invariant($"Expected a value of feature '{e.Feature}' in row {e.Row + 1} of the partition, but it is {e.Status}, which {(CommandNulls.Refuses(_command.Nulls, e.Feature) ? "the query refuses" : "the model cannot see: it has no input 'status'")} ({Name}). Say what stands for it: SparkScoreOptions.Nulls (\"nulls\" of the command)."),
                e);
        }
        catch (FeatureRangeException e)
        {
            throw new TaskException(
                FormattableString.Invariant($"Expected feature '{e.Feature}' within the range of {e.ElementType}, as which the model takes it, but found another value in row {e.Row + 1} of the partition ({Name})."), e);
        }
    }

    /// <summary>Finds features by the names of columns, as the command says and otherwise by their own.</summary>
    /// <param name="schema">The columns.</param>
    /// <exception cref="TaskException">A column is missing, or there twice.</exception>
    public IReadOnlyList<(InputColumn Input, int Column)> BindByName(Schema schema)
    {
        var taken = _command.Inputs.Select(i => i.Feature).ToHashSet(StringComparer.Ordinal);
        var others = Features.Where(f => !taken.Contains(f) && !taken.Contains(MatrixOf(f)))
            .Select(f => (new InputColumn(f), KeptColumns.IndexOf(schema, f, $"for the feature of that name of {Name}")));
        return [.. _command.Inputs.Select(i => (i, IndexOf(schema, i))), .. others];
    }

    private static string MatrixOf(string feature) => feature.IndexOf('[', StringComparison.Ordinal) is > 0 and var bracket ? feature[..bracket] : feature;

    private int IndexOf(Schema schema, InputColumn input)
    {
        var name = input.Column ?? input.Feature;
        var own = schema.FieldsList.Count - _computed.Count;
        if (input.View is null)
        {
            // A column that the entry names is one of the table, where it has it.
            return schema.FieldsList.Take(own).Count(f => f.Name == name) == 1
                ? schema.GetFieldIndex(name)
                : KeptColumns.IndexOf(schema, name, $"for feature '{input.Feature}' of {Name}");
        }

        var index = _computed.IndexOf((input.View, name));
        return index >= 0
            ? own + index
            : throw new TaskException($"Expected a feature of the on-demand view '{input.View}' for feature '{input.Feature}' of {Name}, but found '{name}'.");
    }

    /// <summary>The batch with what on-demand views compute of it, at the end. Shares its memory.</summary>
    private RecordBatch Extend(RecordBatch batch, long firstRow)
    {
        if (_views.Count == 0)
        {
            return batch;
        }

        var computed = _views.SelectMany(v => v.Compute(batch, firstRow)).ToList();
        return new RecordBatch(
            _schemas.Of([.. batch.Schema.FieldsList, .. computed.Select(c => c.Field)]), batch.Arrays.Concat(computed.Select(c => c.Values)), batch.Length);
    }

    /// <inheritdoc/>
    public void Dispose() => _lease.Dispose();
}
