using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Spark.Commands;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Worker.Functions.Models;

/// <summary>A model as a function of columns: its answer, or where there are several a struct of them. Used by one task.</summary>
/// <param name="command">The command.</param>
/// <param name="scorer">The model; it is taken over.</param>
internal sealed class ScoredColumn(ScoreCommand command, Scorer scorer) : IScalarFunction
{
    private Schema? _schema;

    /// <inheritdoc/>
    public string Name => scorer.Name;

    /// <inheritdoc/>
    public bool KeepsMemory => false;

    /// <inheritdoc/>
    public IArrowArray Run(ScalarArguments arguments, CancellationToken cancellationToken)
    {
        if (command.Arguments is { } names && names.Count != arguments.Columns.Count)
        {
            throw Miscounted(names.Count, arguments.Columns.Count);
        }

        // All batches of a task have the same columns.
        _schema ??= new Schema([.. arguments.Columns.Select((c, i) => new Field(NameOf(arguments, i), c.Data.DataType, nullable: true))], null);
        var batch = new RecordBatch(_schema, arguments.Columns, arguments.RowCount);
        var answers = scorer.Score(batch, schema => command.Arguments is null ? Bind(arguments, schema) : scorer.BindByName(schema), arguments.FirstRow, cancellationToken);
        return answers is [var (_, values)]
            ? values
            : new StructArray(new StructType([.. answers.Select(a => a.Field)]), arguments.RowCount, answers.Select(a => a.Values), ArrowBuffer.Empty);
    }

    /// <inheritdoc/>
    public void Dispose() => scorer.Dispose();

    private List<(InputColumn Input, int Column)> Bind(ScalarArguments arguments, Schema schema)
    {
        var wanted = command.Inputs.Count == 0 ? scorer.Features.Count : command.Inputs.Count;
        if (arguments.Columns.Count != wanted && arguments.Names.All(n => n is null))
        {
            throw Miscounted(wanted, arguments.Columns.Count);
        }

        var bound = new List<(InputColumn Input, int Column)>();
        for (var i = 0; i < arguments.Columns.Count; i++)
        {
            bound.Add((InputOf(arguments, i, schema), i));
        }

        return bound;
    }

    /// <summary>A named argument is the column of that name, another the one at its place.</summary>
    private InputColumn InputOf(ScalarArguments arguments, int index, Schema schema)
    {
        if (arguments.Names[index] is { } name)
        {
            return command.Inputs.FirstOrDefault(i => (i.Column ?? i.Feature) == name) ?? (IsFeature(name) ? new InputColumn(name) : throw Unknown(name));
        }

        if (command.Inputs.Count == 0)
        {
            return index < scorer.Features.Count ? new InputColumn(scorer.Features[index]) : throw Miscounted(scorer.Features.Count, schema.FieldsList.Count);
        }

        return index < command.Inputs.Count ? command.Inputs[index] : throw Miscounted(command.Inputs.Count, schema.FieldsList.Count);
    }

    /// <summary>Whether a name is that of a feature, or of a matrix whose columns the features are.</summary>
    private bool IsFeature(string name) => scorer.Features.Any(f => f == name || f.StartsWith(name + "[", StringComparison.Ordinal));

    private TaskException Unknown(string name)
        => new($"Expected the arguments of {Name} under names of its features ({string.Join(", ", NamesOfArguments().Select(n => $"'{n}'"))}), but the query passes '{name}'.");

    private IEnumerable<string> NamesOfArguments() => command.Inputs.Count > 0 ? command.Inputs.Select(i => i.Column ?? i.Feature) : scorer.Features;

    private TaskException Miscounted(int wanted, int found) => new(FormattableString.Invariant($"Expected {wanted} argument{(wanted == 1 ? string.Empty : "s")} for {Name}, but the query passes {found}."));

    private string NameOf(ScalarArguments arguments, int index)
        => arguments.Names[index] ?? command.Arguments?[index] ?? (index < command.Inputs.Count ? command.Inputs[index].Column ?? command.Inputs[index].Feature : FormattableString.Invariant($"_{index}"));
}
